// A report as a table: what a row is of, then its numbers, each of which leads to what is behind it.
import type { Answer } from "../../../client/client";
import { t } from "../i18n";
import { dateTimeIn } from "../time";
import { groupName, groupsOf } from "./groups";
import { figure, numberName } from "./numbers";
import type { ReportName } from "./numbers";
import type { Names } from "./useNames";
import { WhyLink } from "./WhyLink";

export type ReportAnswer = Answer<"get", `/metrics/${ReportName}`>;
type Row = ReportAnswer["total"];

/** The numbers that are shown of each report, as its CSV names them. The API has more. */
const numbers: Record<ReportName, readonly string[]> = {
  queues: [
    "offered", "answered", "abandoned", "abandoned_short", "overflowed", "callback", "voicemail", "refused.total", "still_waiting", "service_level.offered.percent", "speed_of_answer.mean_ms",
    "speed_of_answer.p90_ms", "speed_of_answer.max_ms", "time_to_abandon.mean_ms", "talk.mean_ms", "handle.mean_ms", "offers.answer_rate.percent",
  ],
  agents: [
    "answered", "offers.made", "offers.missed", "offers.declined", "offers.answer_rate.percent", "talk.mean_ms", "hold.mean_ms", "wrap_up.mean_ms", "handle.mean_ms", "transfers.made",
    "time.logged_in_ms", "time.ready_ms", "time.paused_ms", "time.occupancy.percent", "time.utilisation.percent",
  ],
  contacts: [
    "contacts", "answered", "contained", "abandoned", "abandoned_unqueued", "refused", "failed", "containment.percent", "ivr.mean_ms", "arrival_to_agent.mean_ms", "duration.mean_ms", "repeat.percent",
    "recalled.percent", "recalled_answered.percent", "repeat_calls.percent",
  ],
  ivr: [
    "visits", "contacts", "went_on", "left.queued", "left.contained", "left.callback", "left.voicemail", "left.transferred", "left.abandoned", "left.gave_up", "left.failed", "still_in", "inputs.no_input",
    "inputs.invalid", "time.mean_ms",
  ],
  tickets: [
    "linked", "replied", "resolved", "fully_resolved", "reopened", "first_reply.p50_ms", "first_resolution.p50_ms", "full_resolution.p50_ms", "targets.first_reply.percent", "targets.resolution.percent",
    "reopen_rate.percent", "first_contact_resolution.percent", "undecided",
  ],
  backlog: [
    "opened", "resolved", "reopened", "reassigned", "closed", "backlog.open", "backlog.pending", "backlog.warning", "backlog.breached", "backlog.age.p50_ms", "first_reply.p50_ms", "first_resolution.p50_ms",
    "targets.first_reply.percent", "targets.resolution.percent",
  ],
};

interface Props {
  report: ReportName;
  answer: ReportAnswer;
  names: Names;
}

export function ReportTable({ report, answer, names }: Props) {
  const at = dateTimeIn(answer.zone, ["1d", "1w", "1mo", "3mo", "1y"].includes(answer.interval)); // those begin at midnight
  const rows: readonly Row[] = answer.rows;
  const groups = groupsOf({ ...Object.fromEntries(answer.group_by.map((g) => [g, ""])) }, answer.group_by).map(([split]) => split);
  const cut = answer.interval !== "whole" || groups.length === 0;
  if (rows.length === 0) return <p class="quiet" data-test="empty">{t("reports.none")}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t(`report.${report}`)}>
      <table class="report">
        <thead>
          <tr>
            {cut && <th scope="col">{t("why.period")}</th>}
            {groups.map((g) => <th key={g} scope="col">{t(`split.${g}`)}</th>)}
            {numbers[report].map((n) => <th key={n} scope="col" class="num">{numberName(report, n)}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => {
            const parts = new Map(groupsOf(r, answer.group_by));
            const of = groups.map((g) => groupName(g, parts.get(g) ?? "", names));
            return (
              <tr key={r.explain} data-row={[...parts.values()].join(" ")}>
                {cut && <td class="figures">{at(r.interval.from)}</td>}
                {of.map((name, i) => <td key={i}>{name}</td>)}
                <Figures report={report} row={r} of={of.join(", ")} />
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr data-row="total">
            <th scope="row" colSpan={groups.length + (cut ? 1 : 0)}>{t("reports.total")}</th>
            <Figures report={report} row={answer.total} of={t("reports.total")} />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function Figures({ report, row, of }: { report: ReportName; row: Row; of: string }) {
  return (
    <>
      {numbers[report].map((n) => (
        <td key={n} class="num" data-number={n}><WhyLink explain={row.explain} number={n} name={`${of}, ${numberName(report, n)}`} value={figure(n, valueOf(row, n))} /></td>
      ))}
    </>
  );
}

/** The value at a dotted name. */
function valueOf(row: Row, number: string): number | null {
  const found = number.split(".").reduce<unknown>((at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined), row);
  return typeof found === "number" ? found : null;
}
