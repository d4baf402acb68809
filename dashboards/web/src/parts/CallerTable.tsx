// Who waits, in the order they will be served; with the right to it, a menu that changes the order.
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import type { AgentNow, QueueNow } from "../model";
import { clock } from "../time";
import { CallerMenu } from "./CallerMenu";
import type { Waiting } from "./useAct";
import type { OpenMenu } from "./useMenu";
import { nameIn } from "./useNames";
import { languageName } from "./words";

interface Props {
  queues: QueueNow[];
  agents: AgentNow[];
  at: number;
  waiting: Waiting | undefined; // undefined: look, don't touch
}

export function CallerTable({ queues, agents, at, waiting }: Props) {
  const open = useRef<OpenMenu>(() => undefined);
  const agentName = (id: string) => nameIn(agents, id);
  const callers = queues.flatMap((q) => q.callers.map((c) => ({ ...c, queue: q.name || q.id })));
  return (
    <section id="callers" tabIndex={-1} class="card" data-test="callers">
      <h2>{t("callers")}</h2>
      {callers.length === 0 ? <p class="quiet">{t("callers.none")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("callers")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("queue")}</th><th scope="col" class="num">{t("position")}</th><th scope="col" class="num">{t("wait")}</th>
                <th scope="col">{t("customer")}</th><th scope="col">{t("language")}</th><th scope="col">{t("ticket")}</th><th scope="col">{t("state")}</th>{waiting && <th scope="col"><span class="hidden">{t("caller.act")}</span></th>}
              </tr>
            </thead>
            <tbody>
              {callers.map((c) => (
                <tr key={c.contact} data-caller={c.contact}>
                  <td>{c.queue}</td>
                  <td class="num">{c.position}</td>
                  <td class="num">{clock(at - Date.parse(c.queued_at))}</td>
                  <td><a href={`/contacts/${encodeURIComponent(c.contact)}`}>{c.customer || t("customer.unknown")}</a></td>
                  <td>{languageName(c.language)}</td>
                  <td>{c.ticket?.id ?? ""}</td>
                  <td>
                    <div class="row">
                      {c.stage === "ringing" ? <span class="badge ringing wraps">{t("stage.ringing", { agent: (c.rings ?? []).map(agentName).join(", ") })}</span> : <span class="badge">{t("stage.waiting")}</span>}
                      {c.callback && <span class="badge" data-callback={c.callback.reached ? "reached" : "waits"}>{t(c.callback.reached ? "stage.callback.reached" : "stage.callback")}</span>}
                      {c.asks && <span class="badge talking" data-asks={c.asks}>{t("stage.asks", { agent: agentName(c.asks) })}</span>}
                      {c.priority !== 0 && <span class="badge" data-priority={c.priority}>{t("caller.priority", { priority: c.priority })}</span>}
                    </div>
                  </td>
                  {waiting && (
                    <td class="num">
                      <button class="plain" aria-haspopup="true" aria-label={t("caller.act.of", { caller: c.customer || c.contact })} data-test="caller-menu"
                        onClick={(e) => open.current(c.contact, e.currentTarget)}>⋯</button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {waiting && <CallerMenu queues={queues} agents={agents} waiting={waiting} open={open} />}
    </section>
  );
}
