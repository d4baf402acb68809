// What an explanation says beside its list: which number, how it comes about, by which rule.
import { t, textOf, word } from "../i18n";
import type { Key } from "../i18n";
import type { Explanation } from "../model";
import { dateTimeIn, span } from "../time";
import { figure, isTime } from "./numbers";
import type { Names } from "./useNames";
import { groupName, groupsOf } from "./groups";
import { leftOutName } from "./outcomes";

interface Props {
  e: Explanation;
  names: Names;
}

/** What narrowed the report, beside its row. */
const filters = ["queue", "agent", "flow"] as const;

/** Which number: report, period, row, and how far the figures reach. */
export function Place({ e, query, names }: Props & { query: URLSearchParams }) {
  const at = dateTimeIn(e.zone);
  const { from, until } = e.row.interval;
  return (
    <section class="card stack tight" data-test="why-place">
      <h2>{t("why.which")}</h2>
      <dl class="facts">
        <Fact label="why.report" value={word("report.", e.report)} />
        <Fact label="why.period" value={t("why.period.of", { from: at(from), until: at(until) })} />
        <Fact label="why.zone" value={e.zone} />
        {groupsOf(e.row, e.group_by).map(([split, id]) => <Fact key={split} label={`split.${split}`} value={groupName(split, id, names)} />)}
        {filters.filter((f) => query.has(f)).map((f) => (
          <div key={f}><dt>{t("why.only")}: {t(`split.${f}`)}</dt><dd>{query.get(f)?.split(",").map((id) => groupName(f, id, names)).join(", ")}</dd></div>
        ))}
        <Fact label="why.asof" value={at(e.as_of)} />
        <Fact label="why.reach" value={e.watermark === null ? t("watermark.none") : at(e.watermark)} />
        <Fact label="why.late" value={figure("", e.late)} />
        <Fact label="why.open" value={t("why.open.of", { ...e.open })} />
      </dl>
      {e.kept_from !== null && <p class="flat wrong">{t("why.kept", { time: at(e.kept_from) })}</p>}
    </section>
  );
}

/** How the number comes about from the list, and what of the same kind isn't in it. */
export function How({ e }: { e: Explanation }) {
  const part = (n: number) => (e.sum_ms > 0 && isTime(`${e.number.replace(/\.\w+$/, "")}.numerator`) ? span(n) : figure("", n));
  const text = e.value === null ? t("why.how.none") : t(`why.how.${e.how}`, {
    count: figure("", e.count), sum: span(e.sum_ms), numerator: part(e.numerator), denominator: part(e.denominator), value: figure(e.number, e.value), place: (e.place ?? 0) + 1,
  });
  const tells = e.how !== "count" && e.how !== "sum" && e.how !== "numerator" || /\.(count|sum_ms)$/.test(e.number);
  return (
    <section class="card stack tight" data-test="why-how">
      <h2>{t("why.how")}</h2>
      <p class="flat">{text}</p>
      {tells && e.left_out.length === 0 && e.count > 0 && e.report !== "backlog" && <p class="flat quiet">{t("why.left.none")}</p>}
      {e.left_out.length > 0 && (
        <p class="flat row" data-test="why-left">{t("why.left")}: {e.left_out.map((l) => (
          <span key={l.reason} class="badge wraps">{leftOutName(e.report, e.number, l.reason)} {l.sum_ms > 0 ? span(l.sum_ms) : figure("", l.count)}</span>
        ))}</p>
      )}
    </section>
  );
}

/** The rule in the reader's words, and word by word as the definitions have it. */
export function Rule({ e, names }: Props) {
  const { rule } = e;
  const field = e.number.split(".")[0] ?? "";
  const lines: [Key, string][] = [["why.formula", rule.formula], ["why.counts", rule.counts], ["why.boundary", rule.boundary], ["why.source", rule.source]];
  return (
    <section class="card stack tight" data-test="why-rule">
      <h2>{t("why.rule")}</h2>
      <p class="flat">{textOf(`rule.${e.report}.`, field) ?? rule.formula}</p>
      {e.report === "queues" && rule.attribute_by !== null && <p class="flat">{word("why.by.", rule.attribute_by)}</p>}
      {limitsOf(e).map((l) => (
        <p key={l.queue} class="flat">{t("why.limit", { queue: l.queue === "" ? t("why.limit.others") : names.queue(l.queue), level: span(l.service_level_ms), short: span(l.short_abandon_ms) })}</p>
      ))}
      {usesDays(e) && rule.days !== null && <p class="flat">{t("why.days", { n: rule.days })}</p>}
      {usesHours(e) && rule.hours !== null && <p class="flat">{t("why.hours", { n: rule.hours })}</p>}
      <details>
        <summary>{t("why.definition")}</summary>
        <dl class="facts" lang="en">{lines.map(([label, text]) => <Fact key={label} label={label} value={text} />)}</dl>
      </details>
    </section>
  );
}

const usesDays = (e: Explanation) => /^(repeat|first_contact_resolution|undecided)(\.|$)/.test(e.number);
const usesHours = (e: Explanation) => /^(recalled|recalled_answered|repeat_calls)(\.|$)/.test(e.number);

/** The limits by which what is listed was judged: of its queues, and of all that have none of their own. */
function limitsOf(e: Explanation) {
  if (!/^(service_level|abandoned_short)(\.|$)/.test(e.number)) return [];
  const queues = new Set(e.row.queue == null ? e.items.map((x) => x.queue) : [e.row.queue]);
  const own = e.rule.limits.filter((l) => l.queue !== "" && queues.has(l.queue));
  return own.length === queues.size && own.length > 0 ? own : [...own, ...e.rule.limits.filter((l) => l.queue === "")];
}

function Fact({ label, value }: { label: Key; value: string }) {
  return value === "" ? null : <div><dt>{t(label)}</dt><dd>{value}</dd></div>;
}
