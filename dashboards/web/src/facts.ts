// The facts of a contact as people read them: which fields of each type matter, in which order, and what they are. The heading
// of a type is the text "fact.<type>"; the fields that stand in it are not told twice.
import type { Key } from "./i18n";
import { places, t, word } from "./i18n";
import { hidden, languageName } from "./parts/words";
import type { Moment, TicketRef } from "./model";
import { dateTime, dayUTC, span } from "./time";

/** What a field is: a closed list is named by the prefix of its texts. */
type Form = "text" | "number" | "span" | "language" | "ticket" | "list" | "all" | "queue" | "agent" | "agents" | "counted" | "yes" | "day" | "time" | "mark" | "outside" | "towards" | `${string}.`;

const ticketEvent = { ticket: "text", customer: "text", agent: "agent", queue: "queue", team: "text", priority: "text", reason: "text" } as const;
const pop = { agent: "agent", result: "pop.", queue: "queue", channel: "channel.", latency_ms: "span", error: "text" } as const;

const facts = {
  "contact.arrived": { caller_number: "text", caller_name: "text", dialed: "text", kind: "kind.", language: "language", fallback: "yes", derived: "yes" },
  "contact.identified": { result: "lookup.", method: "method.", digits: "text", customer_name: "text", customer: "text", ticket: "ticket", owner: "agent", latency_ms: "span" },
  "ivr.entered": { node: "text" },
  "ivr.choice": { key: "text", node: "text", target: "text" },
  "ivr.input": { kind: "input.", node: "text", digits: "number", derived: "yes", case: "number", condition: "text" },
  "ivr.set": { variable: "text", value: "text", node: "text" },
  "ivr.incident": { incident: "text", node: "text" },
  "ivr.left": { outcome: "left.", duration_ms: "span", choices: "list" },
  "queue.queued": { queue: "queue", position: "number", priority: "number", skills: "all", requires: "all", max_tier: "number", prefer: "agent", carried_wait_ms: "span", derived: "yes" },
  "queue.refused": { queue: "queue", reason: "refused." },
  "queue.relaxed": { reason: "relaxed.", queue: "queue", skills: "all", requires: "all", max_tier: "number", prefer: "agent" },
  "queue.priority": { from_priority: "number", priority: "number", by: "by.", actor: "text", position: "number", queue: "queue" },
  "queue.position_told": { position: "number", queue: "queue", from_ms: "span", until_ms: "span", agents: "number", handle_ms: "span" },
  "queue.ended": { queue: "queue", outcome: "entry.", wait_ms: "span", offers: "number", to: "text", estimate_from_ms: "span", estimate_until_ms: "span", derived: "yes" },
  "offer.made": { agent: "agent", queue: "queue", attempt: "number", wait_ms: "span", rule: "rule.", eligible: "agents", others: "counted" },
  "offer.ended": { agent: "agent", result: "offer.", ring_ms: "span", cause: "number", derived: "yes" },
  "pop.sent": pop,
  "pop.shown": pop,
  "pop.opened": pop,
  "segment.started": { kind: "segment.", agent: "agent" },
  "segment.ended": { kind: "segment.", agent: "agent", duration_ms: "span", derived: "yes" },
  "transfer.started": { agent: "agent", mode: "mode.", to: "transferto.", target: "towards", by: "by." },
  "transfer.ended": { result: "transfer.", agent: "agent", with: "agent", mode: "mode.", to: "transferto.", target: "towards", duration_ms: "span", derived: "yes" },
  "outside.answered": { target: "outside", ring_ms: "span" },
  "outside.ended": { target: "outside", result: "offer.", ring_ms: "span", talk_ms: "span", cause: "number", derived: "yes" },
  "monitor.started": { supervisor: "agent", agent: "agent", mode: "monitor." },
  "monitor.ended": { supervisor: "agent", agent: "agent", mode: "monitor.", result: "monitored.", duration_ms: "span", derived: "yes" },
  "monitor.missed": { supervisor: "agent", agent: "agent", mode: "monitor.", result: "offer.", ring_ms: "span", derived: "yes" },
  "mute.started": { agent: "agent", by: "by.", actor: "text", queue: "queue" },
  "mute.ended": { agent: "agent", by: "by.", actor: "text", queue: "queue", duration_ms: "span" },
  "recording.announced": { result: "announced.", queue: "queue", duration_ms: "span" },
  "recording.started": { queue: "queue", cause: "recordcause.", agent: "agent" },
  "recording.paused": { by: "by.", actor: "text", queue: "queue" },
  "recording.resumed": { by: "by.", actor: "text", paused_ms: "span", queue: "queue" },
  "recording.ended": { result: "recorded.", queue: "queue", agent: "agent", duration_ms: "span", paused_ms: "span", derived: "yes" },
  "recording.stored": { keep_until: "day", queue: "queue", duration_ms: "span", bytes: "number" },
  "recording.lost": { error: "text", queue: "queue" },
  "callback.promised": { queue: "queue", origin: "text", first: "first.", since: "time", attempts: "number", expires_at: "time" },
  "callback.put_off": { why: "putoff.", until: "time", incidents: "all", queue: "queue" },
  "callback.attempted": { attempt: "number", result: "tried.", agent: "agent", queue: "queue", ring_ms: "span", cause: "number", derived: "yes" },
  "callback.ended": { outcome: "calledback.", agent: "agent", attempts: "number", by: "by.", actor: "text", queue: "queue", duration_ms: "span", derived: "yes" },
  "contact.disposition": { code: "disposition.", agent: "agent", queue: "queue", note: "text" },
  "call.ended": { reason: "end.", result: "result.", duration_ms: "span", cause: "number", derived: "yes" },
  "contact.ended": { result: "result.", to_agent_ms: "span", duration_ms: "span", transfers: "number" },
  "voicemail.marked": { done: "mark", actor: "text", by: "by.", note: "text" },
  "ticket.linked": ticketEvent,
  "ticket.opened": ticketEvent,
  "ticket.first_reply": ticketEvent,
  "ticket.pending": ticketEvent,
  "ticket.resumed": ticketEvent,
  "ticket.reassigned": ticketEvent,
  "ticket.priority_changed": ticketEvent,
  "ticket.resolved": ticketEvent,
  "ticket.reopened": ticketEvent,
  "ticket.closed": ticketEvent,
} as const satisfies Record<string, Record<string, Form>>;

type Type = keyof typeof facts;
type FieldOf<T> = T extends unknown ? keyof T & string : never;
type Field = FieldOf<(typeof facts)[Type]>;

export interface Naming {
  queue: (id: string) => string;
  agent: (id: string) => string;
}

export interface Told {
  heading: string;
  details: [label: string, value: string][];
}

/** Tells a fact. A type that this page does not know keeps its name and every field. */
export function tell(moment: Moment, names: Naming): Told {
  const data: Record<string, unknown> = { ...moment.data, ...(moment.data["termination"] as object | undefined), ...(moment.data["decision"] as object | undefined) };
  if (!(moment.type in facts)) {
    return { heading: moment.type, details: Object.entries(data).filter(([, v]) => !empty(v)).map(([k, v]) => [k.replaceAll("_", " "), raw(v)]) };
  }
  if (data["caller_name"] === data["caller_number"]) delete data["caller_name"]; // phones send the number as the name
  const type = moment.type as Type;
  const forms = facts[type] as Partial<Record<Field, Form>>;
  const key: Key = `fact.${type}`;
  const inHeading = places(key);
  const said = (field: Field) => show(data[field], formOf(forms[field], data), names);
  const details = (Object.keys(forms) as Field[])
    .filter((field) => !inHeading.includes(field) && !empty(data[field]))
    .map((field): [string, string] => [t(`field.${field}`), said(field)]);
  return { heading: t(key, Object.fromEntries(inHeading.map((field) => [field, said(field as Field)]))), details };
}

/** What a caller is handed on to has the form of what it is. */
function formOf(form: Form = "text", data: Record<string, unknown>): Form {
  if (form !== "towards") return form;
  const to = data["to"];
  return to === "queue" || to === "agent" ? to : to === "number" ? "outside" : "text";
}

const empty = (v: unknown): boolean => v === undefined || v === null || v === "" || v === 0 || v === false || (Array.isArray(v) && v.length === 0);

function show(v: unknown, form: Form, names: Naming): string {
  if (v === undefined || v === null || v === "") return "–";
  switch (form) {
    case "span": return span(Number(v));
    case "language": return languageName(String(v));
    case "queue": return names.queue(String(v));
    case "agent": return names.agent(String(v));
    case "agents": return (v as string[]).map(names.agent).join(" → ");
    case "counted": return (v as string[]).map(counted).join(", ");
    case "all": return (v as string[]).join(", ");
    case "list": return (v as unknown[]).join(" → ");
    case "yes": return t("yes");
    case "day": return dayUTC(String(v));
    case "time": return dateTime(String(v));
    case "mark": return t(v === true ? "mark.done" : "mark.open");
    case "ticket": return ticketName(v as TicketRef);
    case "outside": return hidden(String(v));
    case "text": case "number": case "towards": return String(v);
    default: return word(form, String(v));
  }
}

/** How many agents one reason kept from being a choice: "paused:2". */
function counted(text: string): string {
  const [why = "", n = ""] = text.split(":");
  return `${word("notrung.", why)} ${n}`;
}

const ticketName = (ref: TicketRef): string => [ref.id, ref.title].filter(Boolean).join(" · ");

/** Any field as it was recorded, for those who look for a mistake. */
export function raw(v: unknown): string {
  if (typeof v === "string" && /^\d{4}-\d\d-\d\dT/.test(v)) return dateTime(v);
  if (Array.isArray(v)) return v.map(raw).join(", ");
  if (typeof v === "object" && v !== null) return Object.entries(v).map(([k, x]) => `${k} ${raw(x)}`).join(", ");
  return String(v);
}
