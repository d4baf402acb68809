// Contacts, one a line.
import { t, word } from "../i18n";
import type { ContactBrief } from "../model";
import { clock, dateTime, span } from "../time";
import type { Names } from "./useNames";

export function ContactTable({ items, names }: { items: ContactBrief[]; names: Names }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("contacts.title")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("contacts.arrived")}</th><th scope="col">{t("contacts.number")}</th><th scope="col">{t("customer")}</th>
            <th scope="col">{t("ticket")}</th><th scope="col">{t("queue")}</th><th scope="col">{t("agent")}</th><th scope="col" class="num">{t("wait")}</th>
            <th scope="col" class="num">{t("talk")}</th><th scope="col" class="num">{t("contacts.duration")}</th><th scope="col">{t("contacts.result")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((c) => (
            <tr key={c.id} data-contact={c.id} data-number={c.caller_number ?? ""}>
              <td><a href={`/contacts/${encodeURIComponent(c.id)}`}>{dateTime(c.arrived_at)}</a></td>
              <td class="figures">{c.caller_number || t("caller.withheld")}{c.kind !== "inbound" && <> <span class="badge">{c.kind === "callback" ? t("stage.callback") : word("kind.", c.kind)}</span></>}</td>
              <td>{c.customer}</td>
              <td>{c.ticket?.id ?? ""}</td>
              <td>{c.queues.map(names.queue).join(" → ")}</td>
              <td>{c.agents.map(names.agent).join(", ")}</td>
              <td class="num">{c.queues.length > 0 ? span(c.wait_ms) : "–"}</td>
              <td class="num">{c.agents.length > 0 ? span(c.talk_ms) : "–"}</td>
              <td class="num">{c.duration_ms === null ? "–" : clock(c.duration_ms)}</td>
              <td><ResultBadge kind={c.kind} result={c.result} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What became of a contact; null while it goes on. An agent's own call that was answered is contained, too: no menu served it. */
export function ResultBadge({ kind, result }: { kind: string; result: string | null }) {
  const name = kind === "outbound" && result === "contained" ? "connected" : (result ?? "open");
  return <span class={`badge ${result ?? ""}`}>{word("result.", name)}</span>;
}
