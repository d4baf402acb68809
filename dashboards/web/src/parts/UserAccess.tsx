// Whether a user can sign in, and another password for him. Either signs him out.
import { useEffect, useRef, useState } from "preact/hooks";
import type { MutableRef } from "preact/hooks";
import { explain, request } from "../api";
import { t } from "../i18n";
import type { User } from "../model";
import { noPassword, passwordFaults, passwordOf, PasswordFields } from "./PasswordFields";
import { ShownOnce } from "./ShownOnce";
import { useForm } from "./useForm";
import { useMenu } from "./useMenu";
import type { OpenMenu } from "./useMenu";
import { userPath } from "./UserRights";

export function UserAccess({ user, changed }: { user: User; changed: () => void }) {
  const [error, setError] = useState("");
  const open = useRef<OpenMenu>(() => undefined);
  const { role, queues, teams, masked, phone } = user;
  const turn = async (disabled: boolean) => {
    try {
      await request("PUT", userPath(user), { role, queues, teams, masked, phone, disabled });
      setError("");
      changed();
    } catch (e) {
      setError(explain(e));
    }
  };
  return (
    <section class="card stack narrow" data-test="access">
      <h2>{t("users.access")}</h2>
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      <NewPassword user={user} />
      <div class="row apart">
        <span class="quiet">{t(user.disabled_at ? "users.enable.means" : "users.disable.means")}</span>
        {user.disabled_at
          ? <button data-test="user-enable" onClick={() => void turn(false)}>{t("users.enable")}</button>
          : <button data-test="user-disable" aria-haspopup="true" onClick={(e) => open.current(user.name, e.currentTarget)}>{t("users.disable")}…</button>}
      </div>
      <DisableMenu user={user} open={open} disable={() => void turn(true)} />
    </section>
  );
}

/** Asks once more before somebody is signed out. */
function DisableMenu({ user, open, disable }: { user: User; open: MutableRef<OpenMenu>; disable: () => void }) {
  const menu = useMenu(open);
  useEffect(() => { if (user.disabled_at) menu.close(); }, [user.disabled_at]);
  return (
    <div class="menu" popover="auto" ref={menu.element}>
      <strong>{user.name}</strong>
      <button autofocus data-test="user-disable-yes" onClick={() => { menu.close(); disable(); }}>{t("users.disable.yes", { name: user.name })}</button>
    </div>
  );
}

function NewPassword({ user }: { user: User }) {
  const of = { name: user.name };
  const [asked, setAsked] = useState(false);
  const [given, setGiven] = useState<string>(); // "" = set by hand
  const button = useRef<HTMLButtonElement>(null);
  const back = () => requestAnimationFrame(() => button.current?.focus()); // what had the focus is gone
  return (
    <div>
      {!asked && !given && (
        <div class="row apart">
          <span class="quiet">{t("users.password.means")}</span>
          <button ref={button} data-test="password-new" onClick={() => { setGiven(undefined); setAsked(true); }}>{t("users.password.give")}…</button>
        </div>
      )}
      {asked && <PasswordForm user={user} leave={() => { setAsked(false); back(); }} given={(secret) => { setAsked(false); setGiven(secret); if (secret === "") back(); }} />}
      {given && (
        <ShownOnce title={t("users.password.given", of)} label={t("users.password.of", of)} secret={given} warning={t("users.password.once", of)}
          done={() => { setGiven(undefined); back(); }} />
      )}
      <p class="flat" role="status" data-test="password-given">{given === "" && t("users.password.given", of)}</p>
    </div>
  );
}

function PasswordForm({ user, leave, given }: { user: User; leave: () => void; given: (drawn: string) => void }) {
  const [password, setPassword] = useState(noPassword);
  const form = useForm({ password: "password" }, () => passwordFaults(password, user.name), async () => {
    const secret = passwordOf(password);
    await request("PUT", `${userPath(user)}/password`, { password: secret });
    given(password.drawn ? secret : "");
  });
  useEffect(() => form.element.current?.querySelector("input")?.focus(), []);
  return (
    <form ref={form.element} class="stack" noValidate aria-label={t("users.password.give")} data-test="password-form" onInput={form.edited} onSubmit={form.submit} onKeyDown={(e) => { if (e.key === "Escape") leave(); }}>
      {form.faults[""] !== undefined && <div class="banner bad" role="alert" data-test="error">{form.faults[""]}</div>}
      <PasswordFields password={password} set={setPassword} faults={form.faults} />
      <div class="row">
        <button class="main" data-test="password-set" disabled={form.busy}>{t("users.password.give")}</button>
        <button type="button" onClick={leave}>{t("form.leave")}</button>
      </div>
    </form>
  );
}
