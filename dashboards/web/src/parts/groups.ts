// By what the rows of a report are split, and what a row's part of it is called.
import { locale, t } from "../i18n";
import type { Key } from "../i18n";
import type { Names } from "./useNames";
import { languageName } from "./words";

type Rest<K> = K extends `split.${infer R}` ? Exclude<R, "unknown"> : never;
export type Split = Rest<Key>;

const splits: readonly Split[] = ["queue", "agent", "team", "language", "skill", "customer", "disposition", "weekday", "hour", "flow", "node", "priority", "reason"];

/** The parts of a row by the splits of its report: their ids, null where it is of all. */
export function groupsOf(row: object, groupBy: readonly string[]): [split: Split, id: string | number][] {
  const of = row as Record<string, string | number | null | undefined>;
  return splits.filter((s) => groupBy.includes(s)).flatMap((s): [Split, string | number][] => {
    const id = of[s];
    return id === null || id === undefined ? [] : [[s, id]];
  });
}

const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });

export function groupName(split: Split, id: string | number, names: Names): string {
  if (id === "") return t("split.unknown");
  switch (split) {
    case "queue": return names.queue(String(id));
    case "agent": return names.agent(String(id));
    case "language": return languageName(String(id));
    case "weekday": return weekday.format(Date.UTC(2024, 0, Number(id))); // the first of that year was a Monday
    case "hour": return `${String(id).padStart(2, "0")}:00`;
    case "team": case "skill": case "customer": case "disposition": case "flow": case "node": case "priority": case "reason": case "interval": return String(id);
  }
}
