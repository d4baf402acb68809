// The supervisor's wallboard: now over the stream, today so far from ClickHouse.
import { useMemo, useState } from "preact/hooks";
import { t } from "../i18n";
import type { Freshness, QueueRow, Today, WallboardNow } from "../model";
import { zone } from "../model";
import { AgentTable } from "../parts/AgentTable";
import { CallerTable } from "../parts/CallerTable";
import { DayChart } from "../parts/DayChart";
import type { Series } from "../parts/DayChart";
import { isStale, Liveness } from "../parts/Liveness";
import { QueueCard } from "../parts/QueueCard";
import { usePolled } from "../parts/usePolled";
import { useStream } from "../stream";
import { timeOfDay } from "../time";

export function Wallboard() {
  const [now, setNow] = useState<WallboardNow>();
  const stream = useStream("/live/wallboard", {
    state: (s: WallboardNow) => setNow(s),
    heartbeat: (f: Freshness) => setNow((s) => (s ? { ...s, ...f } : s)),
  });
  const today = usePolled<Today>(() => `/wallboard?tz=${encodeURIComponent(zone)}`, 2_000);
  const series = useMemo(() => seriesOf(today.data?.series ?? []), [today.data]);
  if (!now) return <p>{t("loading")}</p>;
  const queueName = (id: string) => now.queues.find((q) => q.id === id)?.name || id;
  const agentName = (id: string) => now.agents.find((a) => a.id === id)?.name || id;
  const watermark = today.data?.watermark;
  return (
    <>
      <Liveness stream={stream} fresh={now} />
      <div class={`stack ${isStale(stream, now) ? "stale" : ""}`} data-test="wallboard">
        <div class="row apart">
          <h1>{t("nav.wallboard")}</h1>
          <span class="row">
            <span class="badge">{t("ivr")} {now.contacts.ivr}</span>
            <span class="badge talking">{t("talking.now")} {now.contacts.talking}</span>
            <span class={`pulse ${today.failed ? "off" : ""}`} data-test="watermark">
              {watermark ? t("watermark", { time: timeOfDay(watermark) }) : t("watermark.none")}
            </span>
          </span>
        </div>
        <div class="grid">
          {now.queues.map((q) => <QueueCard key={q.id} now={q} today={today.data?.queues.find((r) => r.queue === q.id)} />)}
        </div>
        <DayChart series={series} />
        <div class="grid">
          <AgentTable agents={now.agents} queueName={queueName} />
          <CallerTable queues={now.queues} agentName={agentName} />
        </div>
      </div>
    </>
  );
}

/** Adds the queues' quarters of an hour up, from the first one in which a call was offered. */
function seriesOf(rows: QueueRow[]): Series {
  const sums = new Map<number, { offered: number; answered: number; abandoned: number }>();
  for (const row of rows) {
    const at = Date.parse(row.interval.from) / 1000;
    const sum = sums.get(at) ?? { offered: 0, answered: 0, abandoned: 0 };
    sum.offered += row.offered ?? 0;
    sum.answered += row.answered;
    sum.abandoned += row.abandoned ?? 0;
    sums.set(at, sum);
  }
  const all = [...sums.keys()].sort((a, b) => a - b);
  const busy = all.findIndex((k) => (sums.get(k)?.offered ?? 0) > 0);
  // At least two hours, so that the first bars have a width that does not jump.
  const at = all.slice(Math.max(0, Math.min(busy < 0 ? all.length : busy, all.length - 8)));
  const pick = (name: "offered" | "answered" | "abandoned") => at.map((k) => sums.get(k)?.[name] ?? 0);
  return { at, offered: pick("offered"), answered: pick("answered"), abandoned: pick("abandoned") };
}
