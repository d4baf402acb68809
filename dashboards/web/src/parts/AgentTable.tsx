// Every agent: state, since when, in which queue; with the right to it, a menu that changes the state.
import { useRef } from "preact/hooks";
import { t, word } from "../i18n";
import type { AgentNow, AgentState } from "../model";
import { clock } from "../time";
import { AgentMenu } from "./AgentMenu";
import { StateBadge } from "./StateBadge";
import type { Act, Listen } from "./useAct";
import type { OpenMenu } from "./useMenu";
import { nameIn } from "./useNames";
import { useSeatNames } from "./useSeats";

const order: AgentState[] = ["ringing", "talking", "wrap_up", "ready", "calling", "outside", "paused", "unreachable", "logged_out"];

/** How long a request to listen that came to nothing is told. */
const told = 60_000;
const isFresh = (u: AgentNow["unheard"], at: number): u is NonNullable<typeof u> => u !== undefined && at - Date.parse(u.ended_at) < told;

interface Props {
  agents: AgentNow[];
  at: number;
  queueName: (id: string) => string;
  act: Act | undefined; // undefined: look, don't touch
  listen: Listen;
  phone: string | undefined;
}

export function AgentTable({ agents, at, queueName, act, listen, phone }: Props) {
  const seatName = useSeatNames();
  const open = useRef<OpenMenu>(() => undefined);
  const sorted = [...agents].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
  return (
    <section id="agents" tabIndex={-1} class="card" data-test="agents">
      <h2>{t("agents")}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("agents")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("agent")}</th><th scope="col">{t("state")}</th><th scope="col" class="num">{t("since")}</th>
              <th scope="col">{t("queue")}</th><th scope="col" class="num">{t("missed")}</th>{act && <th scope="col"><span class="hidden">{t("agent.act")}</span></th>}
            </tr>
          </thead>
          <tbody>
            {sorted.map((a) => (
              <tr key={a.id} data-agent={a.id} data-state={a.state}>
                <td>{a.name || a.id}{a.seat && <div class="quiet small" data-test="sits">{t("seat.sits", { seat: seatName(a.seat) })}</div>}</td>
                <td>
                  <StateBadge state={a.state} reason={a.reason} />{a.next && <div class="quiet small">{t("next", { state: t(`state.${a.next}`) })}</div>}
                  {a.monitors?.map((m) => <div key={m.monitor} class="quiet small" data-monitor={m.mode}>{t(`monitoring.${m.mode}`, { agent: nameIn(agents, m.supervisor) })}</div>)}
                  {isFresh(a.unheard, at) && <div class={a.id === phone ? "wrong small" : "quiet small"} role={a.id === phone ? "alert" : undefined} data-test="unheard">
                    {t("monitor.unheard", { agent: nameIn(agents, a.unheard.agent), why: word("offer.", a.unheard.result) })}
                  </div>}
                </td>
                <td class="num">{clock(at - Date.parse(a.since))}</td>
                <td>{a.queue ? queueName(a.queue) : <span class="quiet">{a.queues.map(queueName).join(", ")}</span>}</td>
                <td class="num">{a.missed > 0 ? a.missed : ""}</td>
                {act && (
                  <td class="num">
                    <button class="plain" aria-haspopup="true" aria-label={t("agent.act.of", { agent: a.name || a.id })} data-test="agent-menu"
                      onClick={(e) => open.current(a.id, e.currentTarget)}>⋯</button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {act && <AgentMenu agents={agents} act={act} listen={listen} phone={phone} open={open} />}
    </section>
  );
}
