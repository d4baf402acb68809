// The agent's own figures since midnight.
import { at } from "../api";
import { t } from "../i18n";
import type { Key } from "../i18n";
import { midnight, percent, span, zone } from "../time";
import { Tile } from "./Tile";
import { usePolled } from "./usePolled";
import { WhyLink } from "./WhyLink";

export function OwnFigures({ agent }: { agent: string }) {
  const path = () => {
    const until = new Date(Date.now() + 1_000); // never before midnight's first instant
    return at("/metrics/agents", { query: { from: midnight().toISOString(), until: until.toISOString(), tz: zone, agent: [agent] } });
  };
  const { data, error } = usePolled(path, 5_000);
  const row = data?.rows[0];
  const count = (n: number | undefined) => n ?? (data ? 0 : "–");
  const why = (number: string, key: Key, value: string | number) => <WhyLink explain={row?.explain} number={number} name={t(key)} value={String(value)} from="desk" />;
  return (
    <section class="card" data-test="own">
      <div class="row apart"><h2>{t("own")}</h2>{error !== undefined && <span class="pulse off">{t("watermark.failed")}</span>}</div>
      <div class="tiles">
        <Tile label={t("own.calls")} value={why("answered", "own.calls", count(row?.answered))} test="own-calls" />
        <Tile label={t("own.talk")} value={why("talk.mean_ms", "own.talk", span(row?.talk.mean_ms))} />
        <Tile label={t("own.handle")} value={why("handle.mean_ms", "own.handle", span(row?.handle.mean_ms))} />
        <Tile label={t("own.occupancy")} value={why("time.occupancy.percent", "own.occupancy", percent(row?.time?.occupancy.percent))} />
        <Tile label={t("own.billable")} value={why("time.paused_billable_ms", "own.billable", span(row?.time?.paused_billable_ms))} test="own-billable" />
        <Tile label={t("own.not_billable")} value={why("time.paused_not_billable_ms", "own.not_billable", span(row?.time?.paused_not_billable_ms))} test="own-not-billable" />
        <Tile label={t("own.missed")} value={why("offers.missed", "own.missed", count(row?.offers.missed))} test="own-missed" />
      </div>
    </section>
  );
}
