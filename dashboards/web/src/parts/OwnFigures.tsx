// The agent's own figures since midnight.
import { at } from "../api";
import { t } from "../i18n";
import { midnight, percent, span, zone } from "../time";
import { Tile } from "./Tile";
import { usePolled } from "./usePolled";

export function OwnFigures({ agent }: { agent: string }) {
  const path = () => {
    const until = new Date(Date.now() + 1_000); // never before midnight's first instant
    return at("/metrics/agents", { query: { from: midnight().toISOString(), until: until.toISOString(), tz: zone, agent: [agent] } });
  };
  const { data, error } = usePolled(path, 5_000);
  const row = data?.rows[0];
  const count = (n: number | undefined) => n ?? (data ? 0 : "–");
  return (
    <section class="card" data-test="own">
      <div class="row apart"><h2>{t("own")}</h2>{error !== undefined && <span class="pulse off">{t("watermark.failed")}</span>}</div>
      <div class="tiles">
        <Tile label={t("own.calls")} value={count(row?.answered)} test="own-calls" />
        <Tile label={t("own.talk")} value={span(row?.talk.mean_ms)} />
        <Tile label={t("own.handle")} value={span(row?.handle.mean_ms)} />
        <Tile label={t("own.occupancy")} value={percent(row?.time?.occupancy.percent)} />
        <Tile label={t("own.billable")} value={span(row?.time?.paused_billable_ms)} test="own-billable" />
        <Tile label={t("own.not_billable")} value={span(row?.time?.paused_not_billable_ms)} test="own-not-billable" />
        <Tile label={t("own.missed")} value={count(row?.offers.missed)} test="own-missed" />
      </div>
    </section>
  );
}
