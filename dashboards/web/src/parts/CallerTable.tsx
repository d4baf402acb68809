// Who waits, in the order they will be served.
import { t } from "../i18n";
import type { QueueNow } from "../model";
import { clock, useNow } from "../time";

export function CallerTable({ queues, agentName }: { queues: QueueNow[]; agentName: (id: string) => string }) {
  const now = useNow();
  const callers = queues.flatMap((q) => q.callers.map((c) => ({ ...c, queue: q.name || q.id })));
  return (
    <section class="card" data-test="callers">
      <h2>{t("callers")}</h2>
      {callers.length === 0 ? <p class="quiet">{t("callers.none")}</p> : (
        <div class="scroll">
          <table>
            <thead><tr><th>{t("queue")}</th><th class="num">{t("position")}</th><th class="num">{t("wait")}</th><th>{t("customer")}</th><th>{t("ticket")}</th><th>{t("state")}</th></tr></thead>
            <tbody>
              {callers.map((c) => (
                <tr key={c.contact} class="link">
                  <td>{c.queue}</td>
                  <td class="num">{c.position}</td>
                  <td class="num">{clock(now - Date.parse(c.queued_at))}</td>
                  <td><a href={`/contacts/${encodeURIComponent(c.contact)}`}>{c.customer || c.contact}</a> <span class="quiet">{c.language}</span></td>
                  <td>{c.ticket?.id ?? ""}</td>
                  <td>{c.stage === "ringing" ? <span class="badge ringing">{t("stage.ringing", { agent: agentName(c.agent ?? "") })}</span> : <span class="badge">{t("waiting")}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
