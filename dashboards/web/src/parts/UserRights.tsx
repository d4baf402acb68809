// Changing what a user may do. It counts from his next request on.
import { useState } from "preact/hooks";
import { api } from "../api";
import { t } from "../i18n";
import type { User } from "../model";
import { rightsFaults, RightsFields, rightsForm, rightsGiven, rightsPlaces } from "./RightsFields";
import { useForm } from "./useForm";
import type { Names } from "./useNames";

export function UserRights({ user, names, changed }: { user: User; names: Names; changed: () => void }) {
  const [rights, setRights] = useState(rightsForm(user));
  const [saved, setSaved] = useState(false);
  const form = useForm(rightsPlaces, () => rightsFaults(rights), async () => {
    await api.send("put", "/users/{name}", { path: { name: user.name }, body: { ...rightsGiven(rights), disabled: user.disabled_at !== null } });
    setSaved(true);
    changed();
  });
  return (
    <form ref={form.element} class="card stack narrow" noValidate aria-label={t("users.rights")} data-test="rights" onInput={form.edited} onSubmit={form.submit}>
      <h2>{t("users.rights")}</h2>
      {form.faults[""] !== undefined && <div class="banner bad" role="alert" data-test="error">{form.faults[""]}</div>}
      <RightsFields rights={rights} set={(r) => { setRights(r); setSaved(false); }} names={names} faults={form.faults} />
      <div class="row">
        <button class="main" data-test="rights-save" disabled={form.busy}>{t("form.save")}</button>
        <span role="status" data-test="rights-saved">{saved && t("users.saved")}</span>
      </div>
    </form>
  );
}
