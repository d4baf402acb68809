// The list of contacts: search, newest first, page by page.
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../api";
import { t, word } from "../i18n";
import type { ContactBrief, ContactPage } from "../model";
import { clock, dateTime, span } from "../time";

interface Filter {
  queue: string;
  outcome: string;
  number: string;
  hours: string;
}

const outcomes = ["answered", "abandoned", "contained", "refused", "failed", "open"];

function path(filter: Filter, cursor: string | null): string {
  const now = Date.now();
  const query = new URLSearchParams({
    from: new Date(now - Number(filter.hours) * 3_600_000).toISOString(),
    until: new Date(now + 60_000).toISOString(),
    limit: "50",
  });
  for (const key of ["queue", "outcome", "number"] as const) {
    if (filter[key] !== "") query.set(key, filter[key]);
  }
  if (cursor) query.set("cursor", cursor);
  return `/contacts?${query.toString()}`;
}

export function Contacts() {
  const [filter, setFilter] = useState<Filter>({ queue: "", outcome: "", number: "", hours: "24" });
  const [items, setItems] = useState<ContactBrief[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [queues, setQueues] = useState<{ id: string; name: string }[]>([]);
  const [state, setState] = useState<"loading" | "ready" | string>("loading");
  const load = async (cursor: string | null) => {
    try {
      const page = await get<ContactPage>(path(filter, cursor));
      setItems((old) => (cursor ? [...old, ...page.items] : page.items));
      setNext(page.next);
      setState("ready");
    } catch (e) {
      const p = e as Problem;
      setState(p.status === 0 ? t("error.network") : t("error", { detail: p.message }));
    }
  };
  useEffect(() => void get<{ queues: { id: string; name: string }[] }>("/queues").then((q) => setQueues(q.queues), () => undefined), []);
  useEffect(() => void load(null), [filter]);
  const set = (key: keyof Filter) => (e: Event) => setFilter({ ...filter, [key]: (e.currentTarget as HTMLInputElement).value });
  return (
    <div class="stack">
      <h1>{t("contacts.title")}</h1>
      <section class="card row">
        <label class="field">{t("contacts.from")}
          <select value={filter.hours} onChange={set("hours")}>
            {[1, 8, 24, 168, 720].map((h) => <option key={h} value={h}>{h < 48 ? `−${h} h` : `−${h / 24} d`}</option>)}
          </select>
        </label>
        <label class="field">{t("contacts.queue")}
          <select value={filter.queue} onChange={set("queue")}>
            <option value="">{t("contacts.all")}</option>
            {queues.map((q) => <option key={q.id} value={q.id}>{q.name}</option>)}
          </select>
        </label>
        <label class="field">{t("contacts.outcome")}
          <select value={filter.outcome} onChange={set("outcome")}>
            <option value="">{t("contacts.all")}</option>
            {outcomes.map((o) => <option key={o} value={o}>{word("result.", o)}</option>)}
          </select>
        </label>
        <label class="field">{t("contacts.number")}<input value={filter.number} onChange={set("number")} inputMode="tel" placeholder="…123" /></label>
        <button onClick={() => void load(null)}>{t("contacts.search")}</button>
      </section>
      {state !== "loading" && state !== "ready" && <div class="banner bad" role="alert">{state}</div>}
      <section class="card scroll" data-test="contacts">
        {state === "ready" && items.length === 0 ? <p class="quiet">{t("contacts.none")}</p> : <ContactTable items={items} />}
        {next && <p><button onClick={() => void load(next)}>{t("contacts.more")}</button></p>}
      </section>
    </div>
  );
}

function ContactTable({ items }: { items: ContactBrief[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>{t("contacts.arrived")}</th><th>{t("contacts.number")}</th><th>{t("customer")}</th><th>{t("queue")}</th><th>{t("agent")}</th>
          <th class="num">{t("wait")}</th><th class="num">{t("contacts.duration")}</th><th>{t("contacts.result")}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((c) => (
          <tr key={c.id} class="link">
            <td><a href={`/contacts/${encodeURIComponent(c.id)}`}>{dateTime(c.arrived_at)}</a></td>
            <td class="num">{c.caller_number ?? ""}</td>
            <td>{c.customer}{c.ticket ? <span class="quiet"> · {c.ticket.id}</span> : ""}</td>
            <td>{c.queues.join(" → ")}</td>
            <td>{c.agents.join(", ")}</td>
            <td class="num">{span(c.wait_ms)}</td>
            <td class="num">{c.duration_ms === null ? "" : clock(c.duration_ms)}</td>
            <td><span class={`badge ${c.result ?? ""}`}>{word("result.", c.result ?? "open")}</span></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
