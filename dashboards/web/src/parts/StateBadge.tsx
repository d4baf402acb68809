// An agent's state in one word, with the reason of a pause.
import { t, word } from "../i18n";
import type { AgentState } from "../model";

export function StateBadge({ state, reason }: { state: AgentState; reason?: string | undefined }) {
  return <span class={`badge ${state}`}>{t(`state.${state}`)}{reason ? ` · ${word("reason.", reason)}` : ""}</span>;
}
