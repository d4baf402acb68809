// What a report is asked for: days, how it is cut, by what it is split, which queue.
import { t } from "../i18n";
import { isoDay, midnight, zone } from "../time";
import { groupName } from "./groups";
import type { Split } from "./groups";
import type { ReportName } from "./numbers";
import type { Names } from "./useNames";

const intervals = ["whole", "15m", "30m", "1h", "1d", "1w", "1mo"] as const;

/** By what each report can be split; the first is how it begins. "interval" is not at all. */
const splits: Record<ReportName, readonly Split[]> = {
  queues: ["queue", "agent", "team", "language", "skill", "customer", "weekday", "hour", "interval"],
  agents: ["agent", "team", "queue", "language", "disposition", "interval"],
  contacts: ["queue", "agent", "language", "customer", "disposition", "interval"],
  ivr: ["node", "flow", "interval"],
  tickets: ["priority", "queue", "agent", "team", "language", "reason", "interval"],
  backlog: ["priority", "queue", "agent", "team", "reason", "interval"],
};

/** The request that an address holds: today, where it holds none. */
export function askedOf(report: ReportName, q: URLSearchParams): URLSearchParams {
  const asked = new URLSearchParams(q);
  const begin = midnight();
  if (!asked.has("from") || !asked.has("until")) {
    asked.set("from", begin.toISOString());
    asked.set("until", dayAfter(begin).toISOString());
  }
  if (!asked.has("tz")) asked.set("tz", zone);
  if (!asked.has("group_by")) asked.set("group_by", splits[report][0] ?? "interval");
  return asked;
}

interface Props {
  report: ReportName;
  asked: URLSearchParams;
  names: Names;
  search: (asked: URLSearchParams) => void;
}

export function ReportFilter({ report, asked, names, search }: Props) {
  const value = (name: string, otherwise = "") => asked.get(name) ?? otherwise;
  const read = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const q = new URLSearchParams(asked);
    for (const name of ["interval", "group_by", "queue"]) {
      const chosen = String(data.get(name) ?? "");
      if (chosen === "" || chosen === "whole") q.delete(name);
      else q.set(name, chosen);
    }
    if (q.get("interval") !== "custom") q.delete("edges");
    setDays(q, asked, String(data.get("first")), String(data.get("last")));
    search(q);
  };
  const pick = (name: string, label: string, chosen: string, options: [string, string][]) => (
    <label class="field">{label}
      <select name={name} value={chosen} onChange={(e) => { if (e.currentTarget.form?.reportValidity()) read(e.currentTarget.form); }}>
        {options.map(([v, text]) => <option key={v} value={v} selected={v === chosen}>{text}</option>)}
      </select>
    </label>
  );
  const first = isoDay(new Date(value("from")));
  const last = isoDay(new Date(Date.parse(value("until")) - 1));
  const kept = (chosen: string, list: [string, string][]): [string, string][] => (chosen === "" || list.some(([v]) => v === chosen) ? list : [...list, [chosen, chosen]]);
  const cut = value("interval", "whole");
  const queue = value("queue");
  return (
    <form class="card row low" role="search" onSubmit={(e) => { e.preventDefault(); read(e.currentTarget); }}>
      <label class="field">{t("reports.from")}<input type="date" name="first" required defaultValue={first} /></label>
      <label class="field">{t("reports.until")}<input type="date" name="last" required defaultValue={last} /></label>
      {pick("interval", t("reports.interval"), cut, kept(cut, intervals.map((i): [string, string] => [i, t(`interval.${i}`)])))}
      {pick("group_by", t("reports.split"), value("group_by"), kept(value("group_by"), splits[report].map((s): [string, string] => [s, t(`split.${s}`)])))}
      {report !== "ivr" && pick("queue", t("queue"), queue, kept(queue, [["", t("contacts.all")], ...names.queues.map((q): [string, string] => [q.id, groupName("queue", q.id, names)])]))}
      <button class="main" data-test="search">{t("reports.show")}</button>
    </form>
  );
}

/** Sets the window to whole days of the reader's; a window that was cut finer stays while its days do. */
function setDays(q: URLSearchParams, asked: URLSearchParams, first: string, last: string): void {
  const begin = new Date(`${first}T00:00`);
  const end = dayAfter(new Date(`${last}T00:00`));
  const same = isoDay(new Date(asked.get("from") ?? "")) === first && isoDay(new Date(Date.parse(asked.get("until") ?? "") - 1)) === last;
  if (same) return;
  q.set("from", begin.toISOString());
  q.set("until", end.toISOString());
  q.set("tz", zone);
}

function dayAfter(d: Date): Date {
  const next = new Date(d);
  next.setDate(next.getDate() + 1);
  return next;
}
