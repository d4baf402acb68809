// Signing in with name and password or PIN; afterwards the address that was asked for is shown.
import { useState } from "preact/hooks";
import { api, explain } from "../api";
import { t } from "../i18n";
import { Choices } from "../parts/Choices";
import { sessionBegan } from "../session";

export function SignIn() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
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
  return (
    <main class="signin card stack">
      <h1>{t("app")}</h1>
      <form onSubmit={(e) => void submit(e)}>
        <label class="field">{t("signin.name")}<input name="name" autocomplete="username" autocapitalize="none" required autofocus /></label>
        <label class="field">{t("signin.secret")}<input name="secret" type="password" autocomplete="current-password" required /></label>
        {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
        <button class="main" disabled={busy}>{t("signin.submit")}</button>
      </form>
      <Choices />
    </main>
  );
}
