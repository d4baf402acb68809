// My account: who is signed in and what he may do, his own password, and signing out everywhere.
import { useState } from "preact/hooks";
import { explain, request } from "../api";
import { t } from "../i18n";
import type { Me } from "../model";
import { limitsText } from "../parts/LimitFields";
import { OwnPassword } from "../parts/OwnPassword";
import { useNames } from "../parts/useNames";
import { signedOut } from "../session";

export function Account({ me }: { me: Me }) {
  const names = useNames();
  return (
    <div class="stack" data-test="account">
      <h1>{t("account.title")}</h1>
      <section class="card">
        <dl class="facts">
          <div><dt>{t("users.name")}</dt><dd>{me.name}</dd></div>
          <div><dt>{t("users.role")}</dt><dd>{t(`role.${me.role}`)}</dd></div>
          {me.role !== "agent" && <div><dt>{t("limits")}</dt><dd>{limitsText({ queues: me.queues ?? [], teams: me.teams ?? [] }, names)}</dd></div>}
          {me.phone && <div><dt>{t("users.phone")}</dt><dd>{names.agent(me.phone)}</dd></div>}
        </dl>
      </section>
      {me.configured
        ? <section class="card"><h2>{t("account.password")}</h2><p class="flat" data-test="configured">{t(me.role === "agent" ? "account.pin" : "account.configured")}</p></section>
        : <OwnPassword name={me.name} />}
      <Everywhere />
    </div>
  );
}

function Everywhere() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    try {
      await request("DELETE", "/sessions");
      signedOut();
    } catch (e) {
      setError(explain(e));
      setBusy(false);
    }
  };
  return (
    <section class="card stack narrow">
      <h2>{t("account.everywhere")}</h2>
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      <p class="flat">{t("account.everywhere.means")}</p>
      <div><button data-test="everywhere" disabled={busy} onClick={() => void leave()}>{t("account.everywhere")}</button></div>
    </section>
  );
}
