// What an agent can do with his caller: hold him, not be heard, ask somebody, hand him on, talk all together, record the talk.
import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "../../../client/client";
import { api, at, explain } from "../api";
import { t, word } from "../i18n";
import type { AgentContact, Target, Targets } from "../model";
import { parseTarget } from "./targets";
import { hidden } from "./words";

interface Props {
  agent: string;
  contact: AgentContact;
  onDemand: readonly string[]; // queues in which he may ask for a recording
}

type Action = Schemas["CallInputBody"]["action"];

const toNumber = "number:"; // outside, which is written behind it

export function CallControls({ agent, contact, onDemand }: Props) {
  const [targets, setTargets] = useState<Targets>();
  const [chosen, setChosen] = useState("");
  const [error, setError] = useState("");
  const path = { id: agent };
  const look = () => void api.get(at("/agents/{id}/targets", { path })).then(setTargets, () => undefined);
  useEffect(look, [contact.id]);
  const act = async (action: Action, to?: Target) => {
    try {
      await api.send("post", "/agents/{id}/call", { path, body: { action, contact: contact.id, ...(to && { to }) }, once: true });
      setError("");
    } catch (e) {
      setError(explain(e));
    }
  };
  const name = (id: string) => targets?.agents.find((a) => a.id === id)?.name ?? id;
  const button = (action: Action, main = false) => (
    <button class={main ? "main" : ""} data-test={`call-${action}`} onClick={() => void act(action)}>{t(`call.${action}`)}</button>
  );
  const asked = contact.transfer;
  const answered = asked?.with ? name(asked.with) : asked?.answered ? hidden(asked.target) : "";
  const others = [
    ...contact.segments.filter((s) => s.agent !== agent && s.kind !== "wrap_up" && s.agent !== asked?.with).map((s) => name(s.agent)),
    ...contact.outside.map((o) => hidden(o.target)),
  ];
  const held = contact.segments.some((s) => s.agent === agent && s.kind === "hold");
  const to = parseTarget(chosen);
  const recording = contact.recording;
  return (
    <section class="card stack" data-test="call-controls" data-asking={asked?.agent === agent ? asked.with ?? (answered || "waiting") : ""}>
      {error !== "" && <div class="banner bad" role="alert" data-test="call-error">{error}</div>}
      {others.length > 0 && !asked && <div role="status" data-test="call-others">{t("call.others", { agents: others.join(", ") })}</div>}
      {contact.vain && !asked && <div class="quiet" role="status" data-test="call-vain">{t("call.vain", { target: targetName(targets, contact.vain), why: word("transfer.", contact.vain.result) })}</div>}
      {contact.monitors.map((m) => <div key={m.monitor} role="status" data-test="call-monitor" data-mode={m.mode}>{t(`monitoring.${m.mode}`, { agent: name(m.supervisor) })}</div>)}
      {asked?.with === agent && <div role="status" data-test="call-asked">{t("call.asked", { agent: name(asked.agent) })}</div>}
      {(recording || (!asked && mayRecord(agent, contact, onDemand))) && (
        <div class="row" data-test="call-recording" data-recording={recording ? (recording.paused ? "paused" : "on") : "off"}>
          {recording && <span class={`badge recording ${recording.paused ? "off" : ""}`} role="status">{t(recording.paused ? "call.silenced" : "call.recorded")}</span>}
          {button(!recording ? "record" : recording.paused ? "record_resume" : "record_pause")}
        </div>
      )}
      <div class="row" data-test="call-muting" data-muted={String(contact.muted)}>
        {contact.muted && <span class="badge paused" role="status">{t("call.muted")}</span>}
        {button(contact.muted ? "unmute" : "mute")}
      </div>
      {asked?.agent === agent ? (
        <div class="row apart">
          <span role="status" data-test="call-asking">
            {answered ? t("call.talking", { agent: answered }) : t(asked.to === "number" ? "call.rings" : "call.waiting", { target: targetName(targets, asked) })}
          </span>
          <span class="row">{button("complete", true)}{answered && button("conference")}{button("return")}</span>
        </div>
      ) : !asked && (
        <div class="row low">
          {others.length === 0 && button(held ? "unhold" : "hold")}
          <label class="field">{t("call.to")}
            <select data-test="call-target" value={chosen.startsWith(toNumber) ? toNumber : chosen} onFocus={look} onChange={(e) => setChosen(e.currentTarget.value)}>
              <option value="">{t("call.choose")}</option>
              <Options targets={targets} />
              <option value={toNumber}>{t("call.outside")}</option>
            </select>
          </label>
          {chosen.startsWith(toNumber) && (
            <label class="field">{t("call.number")}
              <input type="tel" data-test="call-number" value={chosen.slice(toNumber.length)} onInput={(e) => setChosen(toNumber + e.currentTarget.value.trim())} />
            </label>
          )}
          <button data-test="call-consult" disabled={!to || to.kind === "menu"} onClick={() => to && void act("consult", to)}>{t("call.consult")}</button>
          <button data-test="call-transfer" disabled={!to || others.length > 0} onClick={() => to && void act("transfer", to)}>{t("call.transfer")}</button>
        </div>
      )}
    </section>
  );
}

function Options({ targets }: { targets: Targets | undefined }) {
  if (!targets) return null;
  return (
    <>
      <optgroup label={t("call.queues")}>
        {targets.queues.map((q) => <option key={q.id} value={`queue:${q.id}`}>{t("call.queue", { queue: q.name || q.id, ready: q.ready })}</option>)}
      </optgroup>
      <optgroup label={t("agents")}>
        {targets.agents.map((a) => <option key={a.id} value={`agent:${a.id}`}>{`${a.name || a.id} · ${t(`state.${a.state}`)}`}</option>)}
      </optgroup>
      <optgroup label={t("call.menus")}>
        {targets.menus.map((m) => <option key={m} value={`menu:${m}`}>{m}</option>)}
      </optgroup>
    </>
  );
}

/** Who was handed on to an agent's own line is recorded as in the queue he came from, which this page doesn't know. */
function mayRecord(agent: string, contact: AgentContact, onDemand: readonly string[]): boolean {
  const queue = contact.segments.find((s) => s.agent === agent && s.kind !== "wrap_up")?.queue ?? "";
  return onDemand.includes(queue) || (queue.startsWith("agent:") && onDemand.length > 0);
}

function targetName(targets: Targets | undefined, to: { to: string; target: string }): string {
  if (to.to === "number") return hidden(to.target);
  const known: { id: string; name: string }[] = (to.to === "agent" ? targets?.agents : targets?.queues) ?? [];
  return known.find((k) => k.id === to.target)?.name ?? to.target;
}
