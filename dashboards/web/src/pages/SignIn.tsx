// Signing in: at the identity provider where there is one, with name and password or PIN where that is allowed. Afterwards the address
// that was asked for is shown.
import { useEffect, useState } from "preact/hooks";
import { api, at, explain } from "../api";
import { t, textOf } from "../i18n";
import { Choices } from "../parts/Choices";
import { sessionBegan } from "../session";

interface Ways {
  passwords: boolean;
  provider: { name: string; path: string } | null;
}

/** Why the way over the identity provider led back without a session, in words; "" when nothing was refused. */
function refusal(code: string): string {
  if (code === "") return "";
  return textOf("signin.problem.", code) ?? textOf("problem.", code) ?? t("signin.problem", { code });
}

export function SignIn({ refused }: { refused: string }) {
  const [ways, setWays] = useState<Ways>();
  const [error, setError] = useState(refusal(refused));
  const [busy, setBusy] = useState(false);
  useEffect(() => void api.get(at("/sign-in")).catch(() => ({ passwords: true, provider: null })).then(setWays), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError("");
    try {
      await api.send("post", "/session", { body: { name: String(form.get("name")), secret: String(form.get("secret")) } });
      sessionBegan();
      location.reload();
    } catch (e) {
      setError(explain(e));
      setBusy(false);
    }
  };
  const provider = ways?.provider;
  const leave = () => {
    setBusy(true);
    if (provider) location.assign(`${provider.path}?return=${encodeURIComponent(location.pathname + location.search)}`);
  };
  return (
    <main class="signin card stack" aria-busy={!ways}>
      <h1>{t("app")}</h1>
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      {provider && <button class="main" disabled={busy} onClick={leave} autofocus data-test="provider">{t("signin.with", { name: provider.name })}</button>}
      {provider && ways.passwords && <p class="or quiet">{t("signin.or")}</p>}
      {ways?.passwords && (
        <form onSubmit={(e) => void submit(e)}>
          <label class="field">{t("signin.name")}<input name="name" autocomplete="username" autocapitalize="none" required autofocus={!provider} /></label>
          <label class="field">{t("signin.secret")}<input name="secret" type="password" autocomplete="current-password" required /></label>
          <button class={provider ? "" : "main"} disabled={busy}>{t("signin.submit")}</button>
        </form>
      )}
      <Choices />
    </main>
  );
}
