// Adding a user. What he gets as a password is handed back, to be shown once where it was drawn here.
import { useLayoutEffect, useState } from "preact/hooks";
import { api } from "../api";
import { t } from "../i18n";
import { noPassword, passwordFaults, passwordOf, PasswordFields } from "./PasswordFields";
import { noRights, rightsFaults, RightsFields, rightsGiven, rightsPlaces } from "./RightsFields";
import { TextField } from "./TextField";
import { useForm } from "./useForm";
import type { Names } from "./useNames";

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;

interface Props {
  names: Names;
  made: (name: string, drawn: string) => void; // drawn: "" when the password was set by hand
  leave: () => void;
}

export function UserForm({ names, made, leave }: Props) {
  const [name, setName] = useState("");
  const [rights, setRights] = useState(noRights);
  const [password, setPassword] = useState(noPassword);
  const form = useForm(
    { ...rightsPlaces, name: "name", name_taken: "name", password: "password" },
    () => ({ ...(nameForm.test(name.trim()) ? {} : { name: t("fault.name") }), ...rightsFaults(rights), ...passwordFaults(password, name.trim()) }),
    async () => {
      const secret = passwordOf(password);
      await api.send("post", "/users", { body: { name: name.trim(), password: secret, ...rightsGiven(rights) } });
      made(name.trim(), password.drawn ? secret : "");
    },
  );
  useLayoutEffect(() => form.element.current?.querySelector("input")?.focus(), []);
  return (
    <form ref={form.element} class="card stack narrow" noValidate aria-label={t("users.add")} data-test="user-form" onInput={form.edited} onSubmit={form.submit}>
      <h2>{t("users.add")}</h2>
      {form.faults[""] !== undefined && <div class="banner bad" role="alert" data-test="error">{form.faults[""]}</div>}
      <TextField name="name" label={t("users.name")} hint={t("users.name.hint")} value={name} set={setName} fault={form.faults["name"]} />
      <RightsFields rights={rights} set={setRights} names={names} faults={form.faults} />
      <PasswordFields password={password} set={setPassword} faults={form.faults} />
      <div class="row">
        <button class="main" data-test="user-make" disabled={form.busy}>{t("users.add")}</button>
        <button type="button" data-test="user-leave" onClick={leave}>{t("form.leave")}</button>
      </div>
    </form>
  );
}
