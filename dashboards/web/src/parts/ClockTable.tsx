// How the clocks stand from which events have their times, on the page Data quality.
import { t } from "../i18n";
import type { Key } from "../i18n";
import type { Clocks } from "../model";
import { dateTime, span } from "../time";

/** How far clocks may differ without a word: what those kept by NTP never do. */
const tolerated = 1000;

type Stand = "agrees" | "ahead" | "behind";

const standOf = (ms: number): Stand => (Math.abs(ms) <= tolerated ? "agrees" : ms > 0 ? "ahead" : "behind");

/** All in a sentence. That clocks agree is said only when all of them are known. */
function verdict(c: Clocks): string {
  const wrong = standOf(c.asterisk_ahead_ms ?? 0) !== "agrees" || standOf(c.controller_ahead_ms) !== "agrees" || c.moved_ahead > 0 || c.moved_behind > 0;
  if (wrong) return t("quality.clocks.wrong");
  return t(c.asterisk_ahead_ms === null ? "quality.clocks.waiting" : "quality.clocks.agree", { since: dateTime(c.since) });
}

/** By how much a clock is ahead or behind. */
function difference(ms: number): string {
  if (ms === 0) return span(0);
  return t(ms > 0 ? "quality.clock.ahead" : "quality.clock.behind", { by: span(Math.abs(ms)) });
}

export function ClockTable({ clocks }: { clocks: Clocks | null }) {
  if (clocks === null) return <p class="card quiet" data-test="quality-clocks-silent">{t("quality.clocks.silent")}</p>;
  return (
    <section class="card" data-test="quality-clocks">
      <h2>{t("quality.clocks.of", { node: clocks.node })}</h2>
      <p data-test="clocks-say">{verdict(clocks)}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("quality.clocks.of", { node: clocks.node })}>
        <table>
          <thead>
            <tr><th scope="col">{t("quality.clock")}</th><th scope="col" class="num">{t("quality.clock.now")}</th><th scope="col">{t("quality.means")}</th></tr>
          </thead>
          <tbody>
            <Asterisk clocks={clocks} />
            <Controller ahead={clocks.controller_ahead_ms} />
            <Moved way="ahead" count={clocks.moved_ahead} since={clocks.since} />
            <Moved way="behind" count={clocks.moved_behind} since={clocks.since} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Asterisk({ clocks: { asterisk_ahead_ms: ahead, asterisk_at: at, since } }: { clocks: Clocks }) {
  if (ahead === null || at === null) {
    return <Row of="asterisk" name={t("quality.clock.asterisk")} value={t("quality.clock.unknown")} mood="" means={t("clockis.asterisk.unknown", { since: dateTime(since) })} />;
  }
  const stand = standOf(ahead);
  return <Row of="asterisk" name={t("quality.clock.asterisk.at", { at: dateTime(at) })} value={difference(ahead)} mood={moods[stand]} means={t(`clockis.asterisk.${stand}`)} />;
}

function Controller({ ahead }: { ahead: number }) {
  const stand = standOf(ahead);
  return <Row of="controller" name={t("quality.clock.controller")} value={difference(ahead)} mood={moods[stand]} means={t(`clockis.controller.${stand}`)} />;
}

const moods: Record<Stand, string> = { agrees: "", ahead: "failed", behind: "failed" };

/** What was behind may have come late, and nothing is wrong then. */
function Moved({ way, count, since }: { way: "ahead" | "behind"; count: number; since: string }) {
  const mood = way === "ahead" ? "failed" : "paused";
  const means: Key = count > 0 ? `clockis.moved.${way}` : "clockis.moved.none";
  return <Row of={`moved_${way}`} name={t(`quality.clock.moved.${way}`, { since: dateTime(since) })} value={String(count)} mood={count > 0 ? mood : ""} means={t(means)} />;
}

function Row({ of, name, value, mood, means }: { of: string; name: string; value: string; mood: string; means: string }) {
  return (
    <tr data-clock={of}>
      <td><span class={`badge wraps ${mood}`}>{name}</span></td>
      <td class="num">{value}</td>
      <td>{means}</td>
    </tr>
  );
}
