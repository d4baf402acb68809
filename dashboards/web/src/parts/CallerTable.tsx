// Who waits, in the order they will be served.
import { t } from "../i18n";
import type { QueueNow } from "../model";
import { clock } from "../time";
import { languageName } from "./words";

export function CallerTable({ queues, at, agentName }: { queues: QueueNow[]; at: number; agentName: (id: string) => string }) {
  const callers = queues.flatMap((q) => q.callers.map((c) => ({ ...c, queue: q.name || q.id })));
  return (
    <section class="card" data-test="callers">
      <h2>{t("callers")}</h2>
      {callers.length === 0 ? <p class="quiet">{t("callers.none")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("callers")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("queue")}</th><th scope="col" class="num">{t("position")}</th><th scope="col" class="num">{t("wait")}</th>
                <th scope="col">{t("customer")}</th><th scope="col">{t("language")}</th><th scope="col">{t("ticket")}</th><th scope="col">{t("state")}</th>
              </tr>
            </thead>
            <tbody>
              {callers.map((c) => (
                <tr key={c.contact} data-caller={c.contact}>
                  <td>{c.queue}</td>
                  <td class="num">{c.position}</td>
                  <td class="num">{clock(at - Date.parse(c.queued_at))}</td>
                  <td><a href={`/contacts/${encodeURIComponent(c.contact)}`}>{c.customer || c.contact}</a></td>
                  <td>{languageName(c.language)}</td>
                  <td>{c.ticket?.id ?? ""}</td>
                  <td class="row">
                    {c.stage === "ringing" ? <span class="badge ringing">{t("stage.ringing", { agent: agentName(c.agent ?? "") })}</span> : <span class="badge">{t("stage.waiting")}</span>}
                    {c.asks && <span class="badge talking" data-asks={c.asks}>{t("stage.asks", { agent: agentName(c.asks) })}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
