// Making an API key: what it is for, what it may do, of which queues, and until when.
import { useLayoutEffect, useState } from "preact/hooks";
import { api } from "../api";
import { t } from "../i18n";
import type { NewKey, Scope } from "../model";
import { isoDay } from "../time";
import { Choice } from "./Choice";
import { Group } from "./Group";
import { LimitFields, limitsFault, limitsGiven, limitsPlaces } from "./LimitFields";
import type { Limits } from "./LimitFields";
import { TextField } from "./TextField";
import { useForm } from "./useForm";
import type { Names } from "./useNames";

/** In the order in which they are explained; one that is forgotten does not compile. */
const all: Record<Scope, true> = {
  "metrics.read": true, "contacts.read": true, "personal.read": true, "recordings.read": true, "agents.control": true, "calls.control": true,
  "tickets.write": true, "reports.write": true, "personal.erase": true, admin: true,
};
const scopes = Object.keys(all) as Scope[];

/** The day so many years from today. */
function inYears(years: number, days = 0): string {
  const d = new Date();
  d.setFullYear(d.getFullYear() + years);
  d.setDate(d.getDate() + days);
  return isoDay(d);
}

/** The last second of a day by the reader's clock. */
const endOf = (day: string): Date => new Date(`${day}T23:59:59`);

interface Props {
  names: Names;
  made: (key: NewKey) => void;
  leave: () => void;
}

export function KeyForm({ names, made, leave }: Props) {
  const [name, setName] = useState("");
  const [allowed, setAllowed] = useState<Scope[]>([]);
  const [limits, setLimits] = useState<Limits>({ some: false, queues: [], teams: [] });
  const [ends, setEnds] = useState(inYears(1));
  const [first, last] = [isoDay(new Date()), inYears(5, -1)];
  const whole = allowed.some((s) => s === "admin" || s === "personal.erase");
  const form = useForm(
    { ...limitsPlaces, name: "name", scopes: "scopes", ends_at: "ends" },
    () => ({
      ...(name.trim() === "" || name.trim().length > 200 ? { name: t("fault.purpose") } : {}), ...(allowed.length === 0 ? { scopes: t("fault.scopes") } : {}),
      ...(whole ? {} : limitsFault(limits)), ...(ends >= first && ends <= last ? {} : { ends: t("fault.ends_at") }),
    }),
    async () => made(await api.send("post", "/keys", {
      body: { name: name.trim(), scopes: scopes.filter((s) => allowed.includes(s)), ends_at: endOf(ends).toISOString(), ...(whole ? {} : limitsGiven(limits)) },
    })),
  );
  useLayoutEffect(() => form.element.current?.querySelector("input")?.focus(), []);
  return (
    <form ref={form.element} class="card stack narrow" noValidate aria-label={t("keys.make")} data-test="key-form" onInput={form.edited} onSubmit={form.submit}>
      <h2>{t("keys.make")}</h2>
      {form.faults[""] !== undefined && <div class="banner bad" role="alert" data-test="error">{form.faults[""]}</div>}
      <TextField name="name" label={t("keys.name")} hint={t("keys.name.hint")} value={name} set={setName} fault={form.faults["name"]} />
      <Group name="scopes" label={t("keys.scopes")} fault={form.faults["scopes"]}>
        {scopes.map((s) => (
          <Choice key={s} type="checkbox" name="scopes" value={s} label={s} means={t(`scope.${s}`)} checked={allowed.includes(s)}
            set={(on) => setAllowed(on ? [...allowed, s] : allowed.filter((x) => x !== s))} />
        ))}
      </Group>
      {whole ? <p class="flat card" role="note">{t("keys.whole")}</p> : <LimitFields limits={limits} set={setLimits} names={names} fault={form.faults["limits"]} />}
      <TextField name="ends" type="date" min={first} max={last} label={t("keys.ends.on")} hint={t("keys.ends.hint")} value={ends} set={setEnds} fault={form.faults["ends"]} />
      <div class="row">
        <button class="main" data-test="key-make" disabled={form.busy}>{t("keys.make")}</button>
        <button type="button" data-test="key-leave" onClick={leave}>{t("form.leave")}</button>
      </div>
    </form>
  );
}
