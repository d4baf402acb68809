// Changing one's own password, which ends one's other sessions.
import { useState } from "preact/hooks";
import { api } from "../api";
import { t } from "../i18n";
import { passwordFault } from "./PasswordFields";
import { TextField } from "./TextField";
import { useForm } from "./useForm";
import type { Faults } from "./useForm";

const empty = { old: "", new: "", again: "" };

export function OwnPassword({ name }: { name: string }) {
  const [typed, setTyped] = useState(empty);
  const [changed, setChanged] = useState(false);
  const check = (): Faults => {
    const weak = passwordFault(typed.new, name);
    return {
      ...(typed.old === "" ? { old: t("fault.old") } : {}), ...(weak === undefined ? {} : { new: weak }),
      ...(weak === undefined && typed.new !== typed.again ? { again: t("fault.again") } : {}),
    };
  };
  const places = { old: "old", new: "new", wrong_credentials: "old", too_many_attempts: "old" };
  const form = useForm(places, check, async () => {
    await api.send("put", "/session/password", { body: { old: typed.old, new: typed.new } });
    setTyped(empty);
    setChanged(true);
  });
  const set = (field: keyof typeof empty) => (value: string) => { setTyped((all) => ({ ...all, [field]: value })); setChanged(false); };
  const { faults } = form;
  return (
    <form ref={form.element} class="card stack narrow" noValidate aria-label={t("account.password")} data-test="own-password" onInput={form.edited} onSubmit={form.submit}>
      <h2>{t("account.password")}</h2>
      {faults[""] !== undefined && <div class="banner bad" role="alert" data-test="error">{faults[""]}</div>}
      <input hidden name="username" autocomplete="username" value={name} readOnly />
      <TextField name="old" type="password" autocomplete="current-password" label={t("account.old")} value={typed.old} set={set("old")} fault={faults["old"]} />
      <TextField name="new" type="password" autocomplete="new-password" label={t("users.password.new")} hint={t("users.password.hint")} value={typed.new} set={set("new")} fault={faults["new"]} />
      <TextField name="again" type="password" autocomplete="new-password" label={t("account.again")} value={typed.again} set={set("again")} fault={faults["again"]} />
      <div class="row">
        <button class="main" data-test="own-password-save" disabled={form.busy}>{t("account.change")}</button>
        <span role="status" data-test="own-password-changed">{changed && t("account.changed")}</span>
      </div>
    </form>
  );
}
