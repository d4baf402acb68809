// What to search contacts by.
import type { Given } from "../../../client/client";
import { at } from "../api";
import { t, word } from "../i18n";
import type { Names } from "./useNames";

export interface Filter {
  hours: string;
  kind: string;
  queue: string;
  agent: string;
  outcome: string;
  number: string;
  customer: string;
  ticket: string;
}

export const spans = ["1", "8", "24", "168", "720"] as const; // hours
const outcomes = ["answered", "abandoned", "contained", "refused", "failed", "open"];
const customers = "inbound,callback,outbound"; // not what agents dial for themselves
const hour = 3_600_000;

/** The filter that an address holds; what it does not hold is not filtered by. */
export function filterOf(search: string): Filter {
  const q = new URLSearchParams(search);
  const text = (key: string) => q.get(key) ?? "";
  return {
    hours: spans.find((s) => s === q.get("hours")) ?? "24", kind: q.get("kind") ?? customers, queue: text("queue"), agent: text("agent"), outcome: text("outcome"),
    number: text("number"), customer: text("customer"), ticket: text("ticket"),
  };
}

/** The window of the last hours, seen from now. */
export function windowOf(hours: string): { from: string; until: string } {
  const now = Date.now();
  return { from: new Date(now - Number(hours) * hour).toISOString(), until: new Date(now + 60_000).toISOString() };
}

/** The parameters that all lists share. */
export const queryOf = ({ hours, queue }: Pick<Filter, "hours" | "queue">) => ({ ...windowOf(hours), limit: 50, queue: queue === "" ? undefined : [queue] });

/** The address of a search. What an old link holds beyond the lists is the server's to refuse. */
export function searchOf(f: Filter) {
  type Query = NonNullable<Given<"get", "/contacts">["query"]>;
  const some = (text: string) => text || undefined;
  return at("/contacts", {
    query: {
      ...queryOf(f), kind: some(f.kind)?.split(",") as Query["kind"], outcome: some(f.outcome) as Query["outcome"], agent: some(f.agent),
      number: some(f.number), customer: some(f.customer), ticket: some(f.ticket),
    },
  });
}

interface Props {
  filter: Filter;
  names: Names;
  ownOnly: boolean; // an agent: sees his own contacts, and no numbers
  search: (filter: Filter) => void;
}

export function ContactFilter({ filter, names, ownOnly, search }: Props) {
  const read = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    search({
      hours: text("hours"), kind: text("kind"), queue: text("queue"), agent: text("agent"), outcome: text("outcome"),
      number: text("number").replace(/\D/g, ""), customer: text("customer"), ticket: text("ticket"),
    });
  };
  const pick = (name: "hours" | "kind" | "queue" | "agent" | "outcome", label: string, options: [string, string][]) => (
    <label class="field">{label}
      <select name={name} value={filter[name]} onChange={(e) => { if (e.currentTarget.form?.reportValidity()) read(e.currentTarget.form); }}>
        {options.map(([value, text]) => <option key={value} value={value} selected={value === filter[name]}>{text}</option>)}
      </select>
    </label>
  );
  const all: [string, string] = ["", t("contacts.all")];
  const named = (list: Names["queues"]): [string, string][] => [all, ...list.map((x): [string, string] => [x.id, x.name || x.id])];
  return (
    <form class="card row low" role="search" onSubmit={(e) => { e.preventDefault(); read(e.currentTarget); }}>
      {pick("hours", t("contacts.span"), spans.map((s) => [s, t(`contacts.span.${s}`)]))}
      {pick("kind", t("contacts.kind"), [[customers, t("contacts.kind.customers")], all])}
      {pick("queue", t("queue"), named(names.queues))}
      {!ownOnly && pick("agent", t("agent"), named(names.agents))}
      {pick("outcome", t("contacts.result"), [all, ...outcomes.map((o): [string, string] => [o, word("result.", o)])])}
      {!ownOnly && (
        <label class="field">{t("contacts.number")}
          <input name="number" defaultValue={filter.number} inputMode="tel" size={14} placeholder="…123" pattern="(\D*\d){3,}\D*" title={t("contacts.number.hint")} />
        </label>
      )}
      <label class="field">{t("customer")}<input name="customer" defaultValue={filter.customer} size={10} /></label>
      <label class="field">{t("ticket")}<input name="ticket" defaultValue={filter.ticket} size={10} /></label>
      <button class="main" data-test="search">{t("contacts.search")}</button>
    </form>
  );
}
