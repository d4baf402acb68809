// Entries of the audit log, one a line.
import { t, textOf } from "../i18n";
import type { AuditEntry } from "../model";
import { dateTime } from "../time";
import { resultText } from "./AuditFilter";

export function AuditTable({ items, label }: { items: AuditEntry[]; label: (actor: string) => string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("audit.title")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("audit.time")}</th><th scope="col">{t("audit.actor")}</th><th scope="col">{t("audit.action")}</th><th scope="col">{t("audit.object")}</th>
            <th scope="col">{t("contacts.result")}</th><th scope="col">{t("audit.address")}</th><th scope="col">{t("audit.request")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((e) => (
            <tr key={e.id} data-entry={e.id} data-action={e.action}>
              <td class="figures">{dateTime(e.time)}</td>
              <td>{e.actor}<div class="quiet small">{[label(e.actor), e.role && (textOf("role.", e.role) ?? e.role)].filter(Boolean).join(", ")}</div></td>
              <td class="figures">{textOf("action.", e.action) ?? <code>{e.action}</code>}</td>
              <td class="object">{readable(e.object)}</td>
              <td><span class={`badge wraps ${e.result === "ok" ? "answered" : "refused"}`}>{resultText(e.result)}</span></td>
              <td class="figures">{e.address}</td>
              <td><code class="quiet small">{e.request}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A path with its parameters, without the marks that an address needs. */
function readable(object: string): string {
  try {
    return decodeURIComponent(object);
  } catch {
    return object;
  }
}
