// One queue: now on the left of the line, today so far on the right of it.
import { t } from "../i18n";
import type { QueueNow, QueueRow } from "../model";
import { clock, percent, span, useNow } from "../time";
import { Tile } from "./Tile";
import type { Mood } from "./Tile";

const levelMood = (p: number | null | undefined): Mood => (p == null ? "" : p >= 80 ? "good" : p >= 60 ? "warn" : "bad");

export function QueueCard({ now: q, today }: { now: QueueNow; today: QueueRow | undefined }) {
  const now = useNow();
  const longest = q.oldest_queued_at ? now - Date.parse(q.oldest_queued_at) : 0;
  const waitMood: Mood = q.waiting === 0 ? "" : longest > 2 * q.service_level_ms ? "bad" : longest > q.service_level_ms ? "warn" : "";
  const level = today?.service_level.offered;
  const asa = today?.speed_of_answer;
  const threshold = span(today?.service_level.threshold_ms ?? q.service_level_ms);
  return (
    <section class="card stack" data-queue={q.id}>
      <div class="row apart">
        <h2>{q.name || q.id}</h2>
        <span class="row">
          <span class="badge ready">{t("state.ready")} {q.agents.ready}</span>
          <span class="badge talking">{t("state.talking")} {q.agents.talking}</span>
          <span class="badge wrap_up">{t("state.wrap_up")} {q.agents.wrap_up}</span>
          <span class="badge paused">{t("state.paused")} {q.agents.paused}</span>
        </span>
      </div>
      <div class="tiles big">
        <Tile label={t("waiting")} value={q.waiting} mood={waitMood} test="waiting" more={q.ringing > 0 ? `${t("state.ringing")} ${q.ringing}` : undefined} />
        <Tile label={t("longest")} value={q.waiting > 0 ? clock(longest) : "–"} mood={waitMood} test="longest" />
        <Tile label={t("sl")} value={level ? percent(level.percent === null ? null : level.percent / 100) : "–"} mood={levelMood(level?.percent)} test="service-level"
          more={level ? t("sl.of", { answered: level.numerator, offered: level.denominator, threshold }) : undefined} />
      </div>
      <div class="tiles">
        <Tile label={t("offered")} value={today?.offered ?? 0} test="offered" />
        <Tile label={t("answered")} value={today?.answered ?? 0} test="answered" />
        <Tile label={t("abandoned")} value={today?.abandoned ?? 0} test="abandoned" />
        <Tile label={t("asa")} value={span(asa?.p50_ms)} more={t("asa.detail", { mean: span(asa?.mean_ms), p90: span(asa?.p90_ms) })} test="asa" />
      </div>
    </section>
  );
}
