// My account: who is signed in and what he may do, his own password, and signing out everywhere.
import { useState } from "preact/hooks";
import { api, explain } from "../api";
import { t } from "../i18n";
import type { Key } from "../i18n";
import type { Me } from "../model";
import { limitsText } from "../parts/LimitFields";
import { OwnPassword } from "../parts/OwnPassword";
import { useNames } from "../parts/useNames";
import { sessionEndsAt, signedOut } from "../session";

export function Account({ me }: { me: Me }) {
  const names = useNames();
  const elsewhere = passwordElsewhere(me);
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
      {elsewhere
        ? <section class="card"><h2>{t("account.password")}</h2><p class="flat" data-test="configured">{t(elsewhere)}</p></section>
        : <OwnPassword name={me.name} />}
      <Everywhere />
    </div>
  );
}

/** Who changes his password where, if not here. */
function passwordElsewhere({ provided, configured, role }: Me): Key | undefined {
  if (provided) return "account.provided";
  if (configured) return role === "agent" ? "account.pin" : "account.configured";
  return undefined;
}

function Everywhere() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    try {
      const { provider } = await api.send("delete", "/sessions");
      if (provider !== null) sessionEndsAt(provider);
      else signedOut();
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
