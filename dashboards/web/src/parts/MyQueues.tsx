// The agent's queues: how many wait, for how long, who else is ready.
import { t } from "../i18n";
import type { QueueBrief } from "../model";
import { clock } from "../time";

export function MyQueues({ queues, at }: { queues: QueueBrief[]; at: number }) {
  return (
    <section class="card" data-test="my-queues">
      <h2>{t("queues.mine")}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("queues.mine")}>
        <table>
          <thead>
            <tr><th scope="col">{t("queue")}</th><th scope="col" class="num">{t("waiting")}</th><th scope="col" class="num">{t("longest")}</th><th scope="col" class="num">{t("queues.ready")}</th></tr>
          </thead>
          <tbody>
            {queues.map((q) => (
              <tr key={q.id}>
                <td>{q.name || q.id}</td><td class="num">{q.waiting}</td>
                <td class="num">{q.oldest_queued_at ? clock(at - Date.parse(q.oldest_queued_at)) : "–"}</td><td class="num">{q.ready}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
