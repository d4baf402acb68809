// The reports: a table of numbers, each with a way to what is behind it. The address is the API's own request, so that it can be kept,
// sent on and come back to; what the form doesn't know stays in it.
import { useEffect, useState } from "preact/hooks";
import type { Address } from "../api";
import { t } from "../i18n";
import { reportNames } from "../parts/numbers";
import type { ReportName } from "../parts/numbers";
import { askedOf, ReportFilter } from "../parts/ReportFilter";
import { ReportTable } from "../parts/ReportTable";
import type { ReportAnswer } from "../parts/ReportTable";
import { useAnswer } from "../parts/useAnswer";
import { useNames } from "../parts/useNames";
import { timeOfDay } from "../time";

export function Reports({ report }: { report: ReportName }) {
  const [asked, ask] = useState(() => askedOf(report, new URLSearchParams(location.search)));
  const answer = useAnswer(asked, (q): Address<ReportAnswer> => `/api/v1/metrics/${report}?${q.toString()}`);
  const names = useNames();
  useEffect(() => { document.title = `${t("reports.title")}: ${t(`report.${report}`)} · ${t("app")}`; }, [report]);
  const search = (q: URLSearchParams) => {
    history.replaceState(null, "", `/reports/${report}?${q.toString()}`);
    ask(q);
  };
  const period = new URLSearchParams([...asked].filter(([key]) => ["from", "until", "tz"].includes(key)));
  return (
    <div class="stack" data-test="report" aria-busy={answer.loading}>
      <h1>{t("reports.title")}</h1>
      <nav class="tabs" aria-label={t("reports.which")}>
        {reportNames.map((r) => <a key={r} href={`/reports/${r}?${period.toString()}`} aria-current={r === report ? "page" : undefined}>{t(`report.${r}`)}</a>)}
      </nav>
      <ReportFilter report={report} asked={asked} names={names} search={search} />
      {answer.error !== "" && <div class="banner bad" role="alert" data-test="error">{answer.error}</div>}
      {!answer.data && answer.error === "" && <p class="card quiet">{t("loading")}</p>}
      {answer.data && (
        <section class="card" data-test="figures">
          <div class="row apart">
            <h2>{t(`report.${report}`)}</h2>
            <span class="quiet small">{answer.data.watermark === null ? t("watermark.none") : t("watermark", { time: timeOfDay(answer.data.watermark) })}</span>
          </div>
          <ReportTable report={report} answer={answer.data} names={names} />
          <p class="quiet small">{t("reports.hint")}</p>
        </section>
      )}
    </div>
  );
}
