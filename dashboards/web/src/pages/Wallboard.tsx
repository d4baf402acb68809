// The supervisor's wallboard: now over the stream, today so far from ClickHouse.
import { useState } from "preact/hooks";
import { at as address } from "../api";
import { t } from "../i18n";
import type { Freshness, Today, WallboardNow } from "../model";
import { AgentTable } from "../parts/AgentTable";
import { CallerTable } from "../parts/CallerTable";
import { DayChart } from "../parts/DayChart";
import { Incidents } from "../parts/Incidents";
import { isStale, Lamp, Liveness, shownAt } from "../parts/Liveness";
import { QueueCard } from "../parts/QueueCard";
import { useAct } from "../parts/useAct";
import { nameIn } from "../parts/useNames";
import { usePolled } from "../parts/usePolled";
import { useStream } from "../stream";
import { noteServerTime, timeOfDay, useNow, zone } from "../time";

/** The contacts in progress: whom the board counts and doesn't list itself. */
const goingOn = "/contacts?outcome=open";

/** operator: may change agents' states, and who is next; limited: to some queues, so that incidents are not his to switch; phone: the agent entry whose phone he listens with. */
export function Wallboard({ operator, limited, phone }: { operator: boolean; limited: boolean; phone: string | undefined }) {
  const [state, setState] = useState<WallboardNow>();
  const note = (f: Freshness) => { if (!f.stale) noteServerTime(f.as_of); };
  const stream = useStream("/live/wallboard", {
    state: (s) => { note(s); setState(s); },
    heartbeat: (f) => { note(f); setState((s) => (s ? { ...s, ...f } : s)); },
  });
  const today = usePolled(() => address("/wallboard", { query: { tz: zone } }), 2_000);
  const { act, listen, waiting, error } = useAct();
  const now = useNow();
  if (!state) return <><Liveness stream={stream} fresh={state} now={now} /><p class="quiet">{t("loading")}</p></>;
  const at = shownAt(stream, state, now);
  const stale = isStale(stream, state);
  return (
    <>
      <Liveness stream={stream} fresh={state} now={now} />
      {error !== "" && <div class="banner bad" role="alert" data-test="error">{error}</div>}
      <div class={`stack ${stale ? "stale" : ""}`} data-test="wallboard">
        <div class="row apart">
          <h1>{t("nav.wallboard")}</h1>
          <span class="row">
            <a class="why badge" href={goingOn} title={t("visit.now")}>{t("ivr.now")} {state.contacts.ivr}</a>
            <a class={`why badge ${state.contacts.talking > 0 ? "talking" : ""}`} href={goingOn} title={t("visit.now")}>{t("talking.now")} {state.contacts.talking}</a>
            <Lamp stale={stale} />
            <Watermark today={today.data} failed={today.error !== undefined} />
          </span>
        </div>
        <div class="grid">
          {state.queues.map((q) => <QueueCard key={q.id} queue={q} at={at} today={today.data?.queues.find((r) => r.queue === q.id)} loaded={today.data !== undefined} />)}
        </div>
        <Incidents incidents={state.incidents} at={at} operator={operator && !limited} />
        <DayChart rows={today.data?.series ?? []} report={today.data && chartReport(today.data)} />
        <div class="grid">
          <AgentTable agents={state.agents} at={at} queueName={(id) => nameIn(state.queues, id)} act={operator ? act : undefined} listen={listen} phone={phone} />
          <CallerTable queues={state.queues} agents={state.agents} at={at} waiting={operator ? waiting : undefined} />
        </div>
      </div>
    </>
  );
}

/** The figures of the chart as a report: there each has what is behind it. */
const chartReport = (today: Today): string =>
  `/reports/queues?${new URLSearchParams({ from: today.from, until: today.until, tz: today.zone, interval: "15m", group_by: "interval" }).toString()}`;

/** How far today's figures reach. */
function Watermark({ today, failed }: { today: Today | undefined; failed: boolean }) {
  const reach = today?.watermark ? t("watermark", { time: timeOfDay(today.watermark) }) : t("watermark.none");
  return <span class={`pulse ${failed ? "off" : ""}`} data-test="watermark">{reach}{failed && ` · ${t("watermark.failed")}`}</span>;
}
