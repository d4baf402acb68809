// What to search the audit log by.
import { keysOf, t, textOf } from "../i18n";
import { isoDay } from "../time";
import { spans } from "./ContactFilter";

/** What a result may be searched by: done, refused for whatever reason, and the two reasons that tell of people. */
const results = ["ok", "refused", "forbidden", "wrong_credentials"] as const;
const periods = [...spans, "days"] as const;

export interface Filter {
  hours: (typeof periods)[number]; // days: from one day until another one
  from: string; // days: both belong to it
  until: string;
  actor: string;
  action: string;
  object: string;
  result: string;
}

const hour = 3_600_000;

export function filterOf(search: string): Filter {
  const q = new URLSearchParams(search);
  const text = (key: string) => q.get(key) ?? "";
  const day = (key: string, or: Date) => (/^\d{4}-\d\d-\d\d$/.test(text(key)) ? text(key) : isoDay(or));
  return {
    hours: periods.find((p) => p === q.get("hours")) ?? "168", from: day("from", new Date(Date.now() - 7 * 24 * hour)), until: day("until", new Date()),
    actor: text("actor"), action: text("action"), object: text("object"), result: results.find((r) => r === q.get("result")) ?? "",
  };
}

/** The API's parameters of a filter, seen from now; a day is one of the reader's clock. */
export function auditQuery({ hours, from, until, actor, action, object, result }: Filter) {
  const now = Date.now();
  const [begin, end] = hours === "days" ? daysOf(from, until) : [new Date(now - Number(hours) * hour), new Date(now + 60_000)];
  return {
    from: begin.toISOString(), until: end.toISOString(), actor: actor || undefined, action: action || undefined, object: object || undefined, result: result || undefined,
  };
}

/** Two days, in whichever order, and all between them. */
function daysOf(one: string, other: string): [begin: Date, end: Date] {
  const [first, last] = [one, other].sort();
  const end = new Date(`${last}T00:00`);
  end.setDate(end.getDate() + 1);
  return [new Date(`${first}T00:00`), end];
}

interface Props {
  filter: Filter;
  actors: readonly { value: string; label: string }[]; // who is known; others may have acted too
  search: (filter: Filter) => void;
}

export function AuditFilter({ filter, actors, search }: Props) {
  const read = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    search({
      hours: periods.find((p) => p === text("hours")) ?? "168", from: text("from") || filter.from, until: text("until") || filter.until,
      actor: text("actor"), action: text("action"), object: text("object"), result: text("result"),
    });
  };
  const pick = (name: "hours" | "action" | "result", label: string, options: [string, string][]) => (
    <label class="field">{label}
      <select name={name} value={filter[name]} onChange={(e) => { if (e.currentTarget.form?.reportValidity()) read(e.currentTarget.form); }}>
        {options.map(([value, text]) => <option key={value} value={value} selected={value === filter[name]}>{text}</option>)}
      </select>
    </label>
  );
  const all: [string, string] = ["", t("contacts.all")];
  const actions = keysOf("action.").map(([id, text]): [string, string] => [id, text]).sort((a, b) => a[1].localeCompare(b[1]));
  return (
    <form class="card row low" role="search" onSubmit={(e) => { e.preventDefault(); read(e.currentTarget); }}>
      {pick("hours", t("contacts.span"), periods.map((p) => [p, t(`contacts.span.${p}`)]))}
      {filter.hours === "days" && (
        <>
          <label class="field">{t("audit.from")}<input type="date" name="from" defaultValue={filter.from} max={isoDay(new Date())} required /></label>
          <label class="field">{t("audit.until")}<input type="date" name="until" defaultValue={filter.until} required /></label>
        </>
      )}
      <label class="field">{t("audit.actor")}
        <input name="actor" defaultValue={filter.actor} size={14} list="actors" autocomplete="off" autocapitalize="none" spellcheck={false} />
      </label>
      <datalist id="actors">{actors.map((a) => <option key={a.value} value={a.value}>{a.label}</option>)}</datalist>
      {pick("action", t("audit.action"), [all, ...actions])}
      <label class="field">{t("audit.object")}<input name="object" defaultValue={filter.object} size={18} placeholder="/users/sam" autocomplete="off" autocapitalize="none" spellcheck={false} /></label>
      {pick("result", t("contacts.result"), [all, ...results.map((r): [string, string] => [r, resultText(r)])])}
      <button class="main" data-test="search">{t("contacts.search")}</button>
    </form>
  );
}

/** A result in words: done, or why it was refused. */
export const resultText = (result: string): string => textOf("auditresult.", result) ?? textOf("problem.", result) ?? result.replaceAll("_", " ");
