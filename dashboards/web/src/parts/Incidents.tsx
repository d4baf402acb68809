// What can be told to callers: one line each, with a switch for who may.
import { useState } from "preact/hooks";
import { api, explain } from "../api";
import { t } from "../i18n";
import type { IncidentNow } from "../model";
import { clock } from "../time";

/** operator: may switch. Nothing is shown where the configuration has no incident. */
export function Incidents({ incidents, at, operator }: { incidents: IncidentNow[]; at: number; operator: boolean }) {
  const [error, setError] = useState("");
  if (incidents.length === 0) return null;
  const turn = async (incident: IncidentNow) => {
    try {
      await api.send("put", "/incidents/{id}", { path: { id: incident.id }, body: { on: !incident.on } });
      setError("");
    } catch (e) {
      setError(explain(e));
    }
  };
  return (
    <section class="card" data-test="incidents">
      <h2>{t("incidents")}</h2>
      {error !== "" && <div class="banner bad" role="alert" data-test="incident-error">{error}</div>}
      {incidents.map((i) => (
        <div key={i.id} class="row apart" data-incident={i.id} data-on={i.on}>
          <span class="row">
            <span class={`badge ${i.on ? "unreachable" : ""}`}>{i.on ? t("incident.on") : t("incident.off")}</span>
            <span>{i.name}</span>
            {i.on && <span class="quiet small">{i.since ? clock(at - Date.parse(i.since)) : ""}{i.actor ? ` · ${i.actor}` : ""}</span>}
          </span>
          {operator && (
            <button aria-label={`${i.on ? t("incident.end") : t("incident.begin")}: ${i.name}`} data-test="incident-switch" onClick={() => void turn(i)}>
              {i.on ? t("incident.end") : t("incident.begin")}
            </button>
          )}
        </div>
      ))}
    </section>
  );
}
