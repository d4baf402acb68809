// The one menu of the table of callers: who is next, and who waits elsewhere from now on.
import { useEffect, useState } from "preact/hooks";
import type { MutableRef } from "preact/hooks";
import { t } from "../i18n";
import type { AgentNow, QueueNow } from "../model";
import { parseTarget } from "./targets";
import type { Waiting } from "./useAct";
import { useMenu } from "./useMenu";
import type { OpenMenu } from "./useMenu";

/** What the API accepts. */
const least = -1000;
const most = 1000;

interface Props {
  queues: QueueNow[];
  agents: AgentNow[];
  waiting: Waiting;
  open: MutableRef<OpenMenu>;
}

export function CallerMenu({ queues, agents, waiting, open }: Props) {
  const menu = useMenu(open);
  const [chosen, setChosen] = useState("");
  const queue = queues.find((q) => q.callers.some((c) => c.contact === menu.row));
  const caller = queue?.callers.find((c) => c.contact === menu.row);
  useEffect(() => setChosen(""), [menu.row, queue?.id]);
  useEffect(() => { if (!caller) menu.close(); }, [caller === undefined]);
  const prioritise = (priority: number) => {
    menu.close();
    void waiting.prioritise(menu.row, Math.min(most, Math.max(least, priority)));
  };
  const to = parseTarget(chosen);
  const move = () => {
    if (!to) return;
    menu.close();
    void waiting.move(menu.row, to);
  };
  return (
    <div class="menu" popover="auto" ref={menu.element} data-test="caller-menu-items">
      {queue && caller && (
        <>
          <strong>{caller.customer || caller.contact}</strong>
          <button disabled={caller.position === 1} data-test="caller-next" onClick={() => prioritise(Math.max(...queue.callers.map((c) => c.priority)) + 1)}>{t("caller.next")}</button>
          <button autofocus data-test="caller-up" onClick={() => prioritise(caller.priority + 1)}>{t("caller.up")}</button>
          <button data-test="caller-down" onClick={() => prioritise(caller.priority - 1)}>{t("caller.down")}</button>
          {!caller.asks && (
            <>
              <hr />
              <label class="field">{t("caller.to")}
                <select data-test="caller-target" value={chosen} onChange={(e) => setChosen(e.currentTarget.value)}>
                  <option value="">{t("call.choose")}</option>
                  <optgroup label={t("call.queues")}>
                    {queues.filter((q) => q.id !== queue.id && !q.id.startsWith("agent:")).map((q) => (
                      <option key={q.id} value={`queue:${q.id}`}>{t("call.queue", { queue: q.name || q.id, ready: q.agents.ready })}</option>
                    ))}
                  </optgroup>
                  <optgroup label={t("agents")}>
                    {agents.filter((a) => a.state !== "logged_out" && queue.id !== `agent:${a.id}`).map((a) => (
                      <option key={a.id} value={`agent:${a.id}`}>{`${a.name || a.id} · ${t(`state.${a.state}`)}`}</option>
                    ))}
                  </optgroup>
                </select>
              </label>
              <button data-test="caller-move" disabled={!to} onClick={move}>{t("caller.move")}</button>
            </>
          )}
        </>
      )}
    </div>
  );
}
