// The buttons that change an agent's own state: only those that mean something now.
import { useState } from "preact/hooks";
import { t, word } from "../i18n";
import type { AgentState } from "../model";
import { SeatPicker } from "./SeatPicker";
import type { Change } from "./useAct";

interface Props {
  state: AgentState;
  next: AgentState | undefined; // chosen for after the call
  reasons: string[];
  seated: boolean; // he has a phone of his own, or sits at one
  act: (change: Change) => Promise<boolean>;
}

export function StateControls({ state, next, reasons, seated, act }: Props) {
  const [reason, setReason] = useState("");
  const chosen = reason || reasons[0] || "";
  if (state === "logged_out" && !seated) return <SeatPicker act={act} />;
  if (state === "logged_out") {
    return <button class="main" data-test="login" onClick={() => void act({ action: "login" })}>{t("control.login")}</button>;
  }
  return (
    <div class="row">
      {(state === "paused" || state === "wrap_up" || next) && (
        <button class={state === "paused" ? "main" : ""} data-test="ready" onClick={() => void act({ action: "ready" })}>{t("control.ready")}</button>
      )}
      <select aria-label={t("pause.reason")} data-test="pause-reason" value={chosen} onChange={(e) => setReason(e.currentTarget.value)}>
        {reasons.map((r) => <option key={r} value={r}>{word("reason.", r)}</option>)}
      </select>
      <button data-test="pause" disabled={chosen === ""} onClick={() => void act({ action: "pause", reason: chosen })}>{t("control.pause")}</button>
      <button class="plain" data-test="logout" onClick={() => void act({ action: "logout" })}>{t("control.logout")}</button>
    </div>
  );
}
