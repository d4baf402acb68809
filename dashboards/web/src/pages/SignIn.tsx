import { useState } from "preact/hooks";
import { Problem, request } from "../api";
import { t } from "../i18n";
import { Choices } from "../parts/Shell";

export function SignIn() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      await request("POST", "/session", { name: form.get("name"), secret: form.get("secret") });
      location.assign("/");
    } catch (e) {
      const p = e as Problem;
      setError(p.status === 0 ? t("error.network") : p.message);
      setBusy(false);
    }
  };
  return (
    <div class="signin card stack">
      <div class="row apart"><h1>{t("app")}</h1><Choices /></div>
      <form onSubmit={(e) => void submit(e)}>
        <label class="field">{t("signin.name")}<input name="name" autocomplete="username" required autofocus /></label>
        <label class="field">{t("signin.secret")}<input name="secret" type="password" autocomplete="current-password" required /></label>
        {error !== "" && <div class="banner bad" role="alert">{error}</div>}
        <button class="main" disabled={busy}>{t("signin.submit")}</button>
      </form>
    </div>
  );
}
