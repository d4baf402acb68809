// Whether the numbers can be trusted: how far the loaded data reach, what is wrong with them and where, with examples that lead to
// the contact, the same of tickets, how the clocks stand now, and what the loader met.
import { useState } from "preact/hooks";
import { at } from "../api";
import { t } from "../i18n";
import type { QualityReport } from "../model";
import { spans, windowOf } from "../parts/ContactFilter";
import { useLastList } from "../parts/lastList";
import { ClockTable } from "../parts/ClockTable";
import { Examples, Kinds, Loads, Places, Tickets } from "../parts/QualityTables";
import { Tile } from "../parts/Tile";
import { useAnswer } from "../parts/useAnswer";
import { dateTime, zone } from "../time";

type Hours = (typeof spans)[number];

const intervals: Record<Hours, "15m" | "1h" | "1d"> = { 1: "15m", 8: "1h", 24: "1h", 168: "1d", 720: "1d" };

const pathOf = (hours: Hours) => at("/data-quality", { query: { ...windowOf(hours), tz: zone, interval: intervals[hours] } });

export function Quality() {
  const [asked, ask] = useState<{ hours: Hours }>({ hours: spans.find((s) => s === new URLSearchParams(location.search).get("hours")) ?? "24" });
  const { data: report, error, loading } = useAnswer(asked, (a) => pathOf(a.hours));
  useLastList();
  const search = (hours: Hours) => {
    history.replaceState(null, "", `?${new URLSearchParams({ hours }).toString()}`);
    ask({ hours }); // a new object even when nothing changed: the same search asks again
  };
  return (
    <div class="stack" data-test="quality" aria-busy={loading}>
      <h1>{t("quality.title")}</h1>
      <form class="card row low" role="search" onSubmit={(e) => { e.preventDefault(); search(asked.hours); }}>
        <label class="field">{t("contacts.span")}
          <select name="hours" value={asked.hours} onChange={(e) => search(spans.find((s) => s === e.currentTarget.value) ?? "24")}>
            {spans.map((s) => <option key={s} value={s} selected={s === asked.hours}>{t(`contacts.span.${s}`)}</option>)}
          </select>
        </label>
        <button class="main" data-test="search">{t("contacts.search")}</button>
      </form>
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      {!report && error === "" && <p class="card quiet">{t("loading")}</p>}
      {report && (
        <>
          <Reach report={report} />
          <ClockTable clocks={report.clocks} />
          <Kinds totals={report.totals} />
          <Places rows={report.rows} />
          <Examples examples={report.examples} />
          <Tickets tickets={report.tickets} />
          <Loads loads={report.loads} />
        </>
      )}
    </div>
  );
}

function Reach({ report }: { report: QualityReport }) {
  const { open } = report;
  return (
    <section class="card">
      <h2>{t("quality.reach")}</h2>
      <p data-test="watermark">{report.watermark === null ? t("watermark.none") : t("watermark", { time: dateTime(report.watermark) })}</p>
      {report.kept_from !== null && <p data-test="kept-from">{t("quality.kept", { time: dateTime(report.kept_from) })}</p>}
      <div class="tiles">
        <Tile label={t("quality.open.contacts")} value={open.contacts} />
        <Tile label={t("quality.open.entries")} value={open.entries} />
        <Tile label={t("quality.open.offers")} value={open.offers} />
        <Tile label={t("quality.open.segments")} value={open.segments} />
        <Tile label={t("defect.late")} value={report.late} mood={report.late > 0 ? "warn" : ""} test="late" />
      </div>
    </section>
  );
}
