// What the numbers of the reports are called, and how they are written.
import { locale, t, word } from "../i18n";
import { percent, span } from "../time";

export const reportNames = ["queues", "agents", "contacts", "ivr", "tickets", "backlog"] as const;
export type ReportName = (typeof reportNames)[number];

export const reportOf = (text: string): ReportName | undefined => reportNames.find((r) => r === text);

/** A number in words: what it is called, and which part of it: "Speed of answer, p90". */
export function numberName(report: string, number: string): string {
  const [, key = "", target = ""] = /^choices\.(.*)>(.*)$/.exec(number) ?? [];
  if (target !== "") return t("number.choice", { key, target });
  const [field = "", ...parts] = number.split(".");
  return [word(`number.${report}.`, field), ...parts.map((p) => word("part.", p))].join(", ");
}

/** A value of that number as people read it; "–" when it can't be worked out. */
export function figure(number: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (number.endsWith(".percent")) return percent(value);
  if (isTime(number)) return span(value);
  return new Intl.NumberFormat(locale).format(value);
}

/** Durations say so in their names, but for time by reason and the two parts of a share of time. */
export const isTime = (number: string): boolean =>
  number.endsWith("_ms") || number.startsWith("time.paused_by_reason.") || /^time\.(occupancy|utilisation)\.(numerator|denominator)$/.test(number);
