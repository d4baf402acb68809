// Every agent: state, since when, in which queue.
import { t, word } from "../i18n";
import type { AgentNow, AgentState } from "../model";
import { clock, useNow } from "../time";

const order: AgentState[] = ["ringing", "talking", "wrap_up", "ready", "outside", "paused", "unreachable", "logged_out"];

export function StateBadge({ state, reason }: { state: AgentState; reason?: string | undefined }) {
  return <span class={`badge ${state}`}>{t(`state.${state}`)}{reason ? ` · ${word("reason.", reason)}` : ""}</span>;
}

export function AgentTable({ agents, queueName }: { agents: AgentNow[]; queueName: (id: string) => string }) {
  const now = useNow();
  const sorted = [...agents].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
  return (
    <section class="card" data-test="agents">
      <h2>{t("agents")}</h2>
      <div class="scroll">
        <table>
          <thead><tr><th>{t("agent")}</th><th>{t("state")}</th><th class="num">{t("since")}</th><th>{t("queue")}</th><th class="num">{t("missed")}</th></tr></thead>
          <tbody>
            {sorted.map((a) => (
              <tr key={a.id} data-agent={a.id} data-state={a.state}>
                <td>{a.name || a.id}</td>
                <td><StateBadge state={a.state} reason={a.reason} /></td>
                <td class="num">{clock(now - Date.parse(a.since))}</td>
                <td>{a.queue ? queueName(a.queue) : <span class="quiet">{a.queues.map(queueName).join(", ")}</span>}</td>
                <td class="num">{a.missed > 0 ? a.missed : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
