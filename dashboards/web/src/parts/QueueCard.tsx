// One queue: now in the upper row, today so far in the lower one.
import { t } from "../i18n";
import type { Key } from "../i18n";
import type { QueueNow, QueueRow } from "../model";
import { clock, percent, span } from "../time";
import { Tile } from "./Tile";
import { WhyLink } from "./WhyLink";
import type { Mood } from "./Tile";

const counted = ["ready", "talking", "wrap_up", "paused"] as const;

const levelMood = (p: number | null | undefined): Mood => (p == null ? "" : p >= 80 ? "good" : p >= 60 ? "warn" : "bad");

interface Props {
  queue: QueueNow;
  at: number;
  today: QueueRow | undefined;
  loaded: boolean; // today's report is there; a queue it doesn't name had no call
}

export function QueueCard({ queue: q, at, today, loaded }: Props) {
  const longest = q.oldest_queued_at ? at - Date.parse(q.oldest_queued_at) : 0;
  const waitMood: Mood = q.waiting === 0 ? "" : longest > 2 * q.service_level_ms ? "bad" : longest > q.service_level_ms ? "warn" : "";
  const level = today?.service_level.offered;
  const asa = today?.speed_of_answer;
  const threshold = span(today?.service_level.threshold_ms ?? q.service_level_ms);
  const why = (number: string, key: Key, value: string | number) => (
    <WhyLink explain={today?.explain} number={number} name={`${q.name || q.id}, ${t(key)}`} value={String(value)} from="wallboard" />
  );
  const count = (n: number | null | undefined) => n ?? (loaded ? 0 : "–");
  return (
    <section class="card stack" data-queue={q.id} aria-label={q.name || q.id}>
      <div class="row apart">
        <h2>{q.name || q.id}</h2>
        <span class="row">
          {q.put_off > 0 && <span class="badge" data-test="put-off">{t("callbacks.putoff", { n: q.put_off })}</span>}
          {counted.map((s) => <a key={s} href="#agents" class={`why badge ${q.agents[s] > 0 ? s : ""}`}>{t(`state.${s}`)} {q.agents[s]}</a>)}
        </span>
      </div>
      <div class="tiles big">
        <Tile label={t("waiting")} value={<a class="why" href="#callers">{q.waiting}</a>} mood={waitMood} test="waiting" 
          more={[t("waiting.ringing", { n: q.ringing }), ...(q.callbacks > 0 ? [t("waiting.callbacks", { n: q.callbacks })] : [])].join(" · ")} />
        <Tile label={t("longest")} value={q.waiting > 0 ? <a class="why" href="#callers">{clock(longest)}</a> : "–"} mood={waitMood} test="longest" more={t("longest.goal", { threshold })} />
        <Tile label={t("sl")} value={why("service_level.offered.percent", "sl", percent(level?.percent))} mood={levelMood(level?.percent)} test="service-level"
          more={t("sl.of", { answered: count(level?.numerator), offered: count(level?.denominator), threshold })} />
      </div>
      <div class="tiles">
        <Tile label={t("offered")} value={why("offered", "offered", count(today?.offered))} test="offered" />
        <Tile label={t("answered")} value={why("answered", "answered", count(today?.answered))} test="answered" />
        <Tile label={t("abandoned")} value={why("abandoned", "abandoned", count(today?.abandoned))} test="abandoned" />
        <Tile label={t("asa")} value={why("speed_of_answer.p50_ms", "asa", span(asa?.p50_ms))} more={t("asa.detail", { mean: span(asa?.mean_ms), p90: span(asa?.p90_ms) })} test="asa" />
      </div>
    </section>
  );
}
