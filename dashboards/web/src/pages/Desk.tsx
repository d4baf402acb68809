// The agent's desk: own state, the caller with the screen pop, wrap-up with disposition, own figures.
import { useEffect, useState } from "preact/hooks";
import { at as address } from "../api";
import { t } from "../i18n";
import type { AgentContact, AgentState, DeskNow, Freshness, Popup, QueueBrief } from "../model";
import { CallControls } from "../parts/CallControls";
import { CallerCard } from "../parts/CallerCard";
import { isStale, Lamp, Liveness, shownAt } from "../parts/Liveness";
import { MyQueues } from "../parts/MyQueues";
import { OwnFigures } from "../parts/OwnFigures";
import { Seated } from "../parts/SeatPicker";
import { StateBadge } from "../parts/StateBadge";
import { StateControls } from "../parts/StateControls";
import { useAct } from "../parts/useAct";
import type { Change } from "../parts/useAct";
import { useFetched } from "../parts/useFetched";
import { nameIn } from "../parts/useNames";
import { WrapUp } from "../parts/WrapUp";
import { useStream } from "../stream";
import { clock, noteServerTime, useNow } from "../time";

/** In these an agent can go to another seat. */
const idle: AgentState[] = ["ready", "paused", "unreachable"];

export function Desk({ agent: id }: { agent: string }) {
  const desk = useDesk();
  const settings = useFetched(address("/settings"));
  const { act, error } = useAct();
  const now = useNow();
  const { state, stream } = desk;
  const agent = state?.agent;
  const last = useLastTalk(agent ?? null, state?.contact ?? undefined, desk.popup);
  useTitle(agent?.state === "ringing");
  if (!state || !agent) {
    return <><Liveness stream={stream} fresh={state} now={now} /><p class="quiet">{t(state && !state.stale ? "desk.unknown" : "loading")}</p></>;
  }
  const at = shownAt(stream, state, now);
  const stale = isStale(stream, state);
  const change = (c: Change) => act(id, c);
  const popup = desk.popup && state.contact?.id === desk.popup.contact ? desk.popup : undefined;
  return (
    <>
      <Liveness stream={stream} fresh={state} now={now} />
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      <div class={`stack ${stale ? "stale" : ""}`} data-test="desk" data-state={agent.state}>
        <section class="card stack">
          <div class="row apart">
            <div class="row">
              <h1>{agent.name || agent.id}</h1>
              <span aria-live="polite"><StateBadge state={agent.state} reason={agent.reason} /></span>
              <span class="num quiet">{clock(at - Date.parse(agent.since))}</span>
              <Lamp stale={stale} />
            </div>
            <StateControls state={agent.state} next={agent.next} reasons={settings?.pause_reasons ?? []} seated={agent.endpoint !== ""} act={change} />
          </div>
          {agent.seat && <Seated seat={agent.seat} idle={idle.includes(agent.state)} act={change} />}
          {agent.next && <div class="quiet" role="status" data-test="next">{t("next", { state: t(`state.${agent.next}`) })}</div>}
        </section>
        <CallerCard agent={id} ringing={agent.state === "ringing"} contact={state.contact} popup={popup} queueName={(q) => nameIn(desk.queues, q)} />
        {agent.state === "talking" && state.contact && <CallControls agent={id} contact={state.contact} onDemand={settings?.record_on_demand ?? []} />}
        {last && (
          <WrapUp key={last.contact} contact={last.contact} caller={last.caller} wrapping={agent.state === "wrap_up"} until={agent.wrap_until} at={at}
            codes={settings?.dispositions} act={change} />
        )}
        <div class="grid">
          <OwnFigures agent={id} />
          <MyQueues queues={desk.queues} at={at} />
        </div>
      </div>
    </>
  );
}

/** What the agent's stream told so far. */
function useDesk() {
  const [state, setState] = useState<DeskNow>();
  const [queues, setQueues] = useState<QueueBrief[]>([]);
  const [popup, setPopup] = useState<Popup>();
  const fresh = (f: Freshness) => { if (!f.stale) noteServerTime(f.as_of); };
  const stream = useStream("/live/agent", {
    agent: (s) => { fresh(s); setState(s); },
    queues: (q) => setQueues(q.queues),
    offer: setPopup,
    offer_ended: (end) =>
      setPopup((p) => (p?.offer === end.offer && end.result !== "answered" ? undefined : p)),
    heartbeat: (f) => { fresh(f); setState((s) => (s ? { ...s, ...f } : s)); },
  });
  return { state, queues, popup, stream };
}

/** The caller the agent talks to, or talked to last: his disposition can be given until the next one is answered. */
function useLastTalk(agent: DeskNow["agent"], contact: AgentContact | undefined, popup: Popup | undefined) {
  const [last, setLast] = useState<{ contact: string; caller: string }>();
  const talked = agent && (agent.state === "talking" || agent.state === "wrap_up") ? contact?.id : undefined;
  const caller = popup && popup.contact === talked ? popup.customer_name || popup.customer || popup.caller_number : contact?.customer ?? "";
  useEffect(() => {
    if (talked) setLast({ contact: talked, caller });
  }, [talked, caller]);
  return last;
}

/** The tab tells of a call while another one is looked at. */
function useTitle(ringing: boolean): void {
  useEffect(() => {
    document.title = `${ringing ? `☎ ${t("offer.title")}` : t("nav.desk")} · ${t("app")}`;
  }, [ringing]);
}
