// Whether a user can sign in: another password for him, disabling him, and forgetting who he is at the identity provider. Each signs him out.
import { useEffect, useRef, useState } from "preact/hooks";
import type { MutableRef } from "preact/hooks";
import { api, explain } from "../api";
import { t } from "../i18n";
import type { User } from "../model";
import { noPassword, passwordFaults, passwordOf, PasswordFields } from "./PasswordFields";
import { ShownOnce } from "./ShownOnce";
import { useForm } from "./useForm";
import { useMenu } from "./useMenu";
import type { OpenMenu } from "./useMenu";
import { isNobody } from "./UserTable";

export function UserAccess({ user, changed }: { user: User; changed: () => void }) {
  const [error, setError] = useState("");
  const { name, role, queues, teams, masked, phone } = user;
  const tell = async (request: Promise<unknown>) => {
    try {
      await request;
      setError("");
      changed();
      return true;
    } catch (e) {
      setError(explain(e));
      return false;
    }
  };
  const turn = (disabled: boolean) => void tell(api.send("put", "/users/{name}", { path: { name }, body: { role, queues, teams, masked, phone, disabled } }));
  const release = async () => {
    if (await tell(api.send("delete", "/users/{name}/provider", { path: { name } }))) document.getElementById("main")?.focus(); // the button goes
  };
  return (
    <section class="card stack narrow" data-test="access">
      <h2>{t("users.access")}</h2>
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      {!user.provided && <NewPassword user={user} />}
      {!isNobody(user) && <Disabling user={user} turn={turn} />}
      {user.provided && <Releasing user={user} release={() => void release()} />}
    </section>
  );
}

function Disabling({ user, turn }: { user: User; turn: (disabled: boolean) => void }) {
  const open = useRef<OpenMenu>(() => undefined);
  const enabling = user.provided ? "users.enable.provided" : "users.enable.means";
  return (
    <>
      <div class="row apart">
        <span class="quiet">{t(user.disabled_at ? enabling : "users.disable.means")}</span>
        {user.disabled_at
          ? <button data-test="user-enable" onClick={() => turn(false)}>{t("users.enable")}</button>
          : <button data-test="user-disable" aria-haspopup="true" onClick={(e) => open.current(user.name, e.currentTarget)}>{t("users.disable")}…</button>}
      </div>
      <SureMenu user={user} open={open} over={user.disabled_at !== null} test="user-disable-yes" yes={t("users.disable.yes", { name: user.name })} act={() => turn(true)} />
    </>
  );
}

function Releasing({ user, release }: { user: User; release: () => void }) {
  const open = useRef<OpenMenu>(() => undefined);
  return (
    <>
      <div class="row apart">
        <span class="quiet">{t("users.release.means")}</span>
        <button data-test="user-release" aria-haspopup="true" onClick={(e) => open.current(user.name, e.currentTarget)}>{t("users.release")}…</button>
      </div>
      <SureMenu user={user} open={open} over={false} test="user-release-yes" yes={t("users.release.yes", { name: user.name })} act={release} />
    </>
  );
}

/** Asks once more before somebody is signed out; over: there is nothing to ask any more. */
function SureMenu({ user, open, over, test, yes, act }: { user: User; open: MutableRef<OpenMenu>; over: boolean; test: string; yes: string; act: () => void }) {
  const menu = useMenu(open);
  useEffect(() => { if (over) menu.close(); }, [over]);
  return (
    <div class="menu" popover="auto" ref={menu.element}>
      <strong>{user.name}</strong>
      <button autofocus data-test={test} onClick={() => { menu.close(); act(); }}>{yes}</button>
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
    await api.send("put", "/users/{name}/password", { path: { name: user.name }, body: { password: secret } });
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
