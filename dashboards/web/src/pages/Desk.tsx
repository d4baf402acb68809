// The agent's desk: own state, the offer with its screen pop, wrap-up with disposition, own figures.
import { useEffect, useState } from "preact/hooks";
import { get, once, Problem, request } from "../api";
import { t } from "../i18n";
import type { AgentReport, DeskNow, Freshness, Me, Popup, Settings } from "../model";
import { zone } from "../model";
import { StateBadge } from "../parts/AgentTable";
import { isStale, Liveness } from "../parts/Liveness";
import { PopupCard } from "../parts/PopupCard";
import { StateControls } from "../parts/StateControls";
import { Tile } from "../parts/Tile";
import { usePolled } from "../parts/usePolled";
import { WrapUp } from "../parts/WrapUp";
import { useStream } from "../stream";
import { clock, percent, span, useNow } from "../time";

type Queues = NonNullable<DeskNow["queues"]>;

export function Desk({ me }: { me: Me }) {
  const id = me.agent ?? me.name;
  const [now, setNow] = useState<DeskNow>();
  const [queues, setQueues] = useState<Queues>([]);
  const [popup, setPopup] = useState<Popup>();
  const [settings, setSettings] = useState<Settings>();
  const [error, setError] = useState("");
  useEffect(() => void get<Settings>("/settings").then(setSettings, () => undefined), []);
  const stream = useStream("/live/agent", {
    agent: (s: DeskNow) => setNow(s),
    queues: (q: { queues: Queues }) => setQueues(q.queues),
    offer: (p: Popup) => setPopup(p),
    offer_ended: (end: { offer: string; result?: string }) =>
      setPopup((p) => (p?.offer === end.offer && end.result !== "answered" ? undefined : p)),
    heartbeat: (f: Freshness) => setNow((s) => (s ? { ...s, ...f } : s)),
  });
  const act = async (body: Record<string, string>) => {
    setError("");
    try {
      await request("POST", `/agents/${encodeURIComponent(id)}/state`, body, once());
    } catch (e) {
      const p = e as Problem;
      setError(p.status === 0 ? t("error.network") : t("error", { detail: p.message }));
    }
  };
  const clockNow = useNow();
  if (!now?.agent) {
    return <><Liveness stream={stream} fresh={now} /><p>{t("loading")}</p></>;
  }
  const agent = now.agent;
  const queueName = (q: string) => queues.find((x) => x.id === q)?.name || q;
  const pop = popup && now.contact?.id === popup.contact ? popup : undefined;
  return (
    <>
      <Liveness stream={stream} fresh={now} />
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      <div class={`stack ${isStale(stream, now) ? "stale" : ""}`} data-test="desk" data-state={agent.state}>
        <section class="card stack">
          <div class="row apart">
            <div class="row">
              <h1>{agent.name || agent.id}</h1>
              <StateBadge state={agent.state} reason={agent.reason} />
              <span class="num quiet">{clock(clockNow - Date.parse(agent.since))}</span>
            </div>
            <StateControls state={agent.state} reasons={settings?.pause_reasons ?? []} act={act} />
          </div>
          {agent.next && <div class="quiet">{t("next", { state: agent.next })}</div>}
        </section>
        {pop
          ? <PopupCard agent={id} popup={pop} ringing={agent.state === "ringing"} queueName={queueName(pop.queue)} />
          : <section class="card quiet">{t("contact.none")}</section>}
        {(agent.state === "wrap_up" || agent.state === "talking") && now.contact && (
          <WrapUp key={now.contact.id} contact={now.contact.id} wrapping={agent.state === "wrap_up"} until={agent.wrap_until} codes={settings?.dispositions ?? []} act={act} />
        )}
        <div class="grid">
          <OwnFigures agent={id} />
          <section class="card">
            <h2>{t("queues.mine")}</h2>
            <table>
              <thead><tr><th>{t("queue")}</th><th class="num">{t("waiting")}</th><th class="num">{t("longest")}</th><th class="num">{t("state.ready")}</th></tr></thead>
              <tbody>
                {queues.map((q) => (
                  <tr key={q.id}><td>{q.name}</td><td class="num">{q.waiting}</td>
                    <td class="num">{q.oldest_queued_at ? clock(clockNow - Date.parse(q.oldest_queued_at)) : "–"}</td><td class="num">{q.ready}</td></tr>
                ))}
              </tbody>
            </table>
          </section>
        </div>
      </div>
    </>
  );
}

function OwnFigures({ agent }: { agent: string }) {
  const path = () => {
    const from = new Date();
    from.setHours(0, 0, 0, 0);
    return `/metrics/agents?${new URLSearchParams({ from: from.toISOString(), until: new Date().toISOString(), tz: zone, agent }).toString()}`;
  };
  const report = usePolled<AgentReport>(path, 10_000);
  const row = report.data?.rows[0];
  const busy = row?.time?.occupancy.percent;
  return (
    <section class="card" data-test="own">
      <h2>{t("own")}</h2>
      <div class="tiles">
        <Tile label={t("own.calls")} value={row?.answered ?? 0} test="own-calls" />
        <Tile label={t("own.talk")} value={span(row?.talk.mean_ms)} />
        <Tile label={t("own.handle")} value={span(row?.handle.mean_ms)} />
        <Tile label={t("own.occupancy")} value={percent(busy == null ? null : busy / 100)} />
        <Tile label={t("own.missed")} value={row?.offers.missed ?? 0} />
      </div>
    </section>
  );
}
