// The buttons that change an agent's state: only those that mean something now.
import { useState } from "preact/hooks";
import { t, word } from "../i18n";
import type { AgentState } from "../model";

export type Act = (body: Record<string, string>) => Promise<void>;

export function StateControls({ state, reasons, act }: { state: AgentState; reasons: string[]; act: Act }) {
  const [reason, setReason] = useState("");
  const chosen = reason || reasons[0] || "";
  if (state === "logged_out") {
    return <button class="main" data-test="login" onClick={() => void act({ action: "login" })}>{t("action.login")}</button>;
  }
  return (
    <div class="row">
      {(state === "paused" || state === "wrap_up") && (
        <button class="main" data-test="ready" onClick={() => void act({ action: "ready" })}>{t("action.ready")}</button>
      )}
      {state !== "paused" && (
        <>
          <select aria-label={t("pause.reason")} value={chosen} onChange={(e) => setReason(e.currentTarget.value)}>
            {reasons.map((r) => <option key={r} value={r}>{word("reason.", r)}</option>)}
          </select>
          <button data-test="pause" disabled={chosen === ""} onClick={() => void act({ action: "pause", reason: chosen })}>{t("action.pause")}</button>
        </>
      )}
      <button class="plain" data-test="logout" onClick={() => void act({ action: "logout" })}>{t("action.logout")}</button>
    </div>
  );
}
