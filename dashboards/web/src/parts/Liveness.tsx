// Says whether what is shown is live, and what is wrong when it is not.
import { t } from "../i18n";
import type { Freshness } from "../model";
import type { Stream } from "../stream";
import { clock, serverTime } from "../time";

export function isStale(stream: Stream, fresh: Freshness | undefined): boolean {
  return stream.state !== "live" || (fresh?.stale ?? true);
}

/** The instant that what is shown is from: now, or while it is stale when it was last known to be true. */
export function shownAt(stream: Stream, fresh: Freshness | undefined, now: number): number {
  if (stream.state === "lost") return Math.min(now, serverTime(stream.heard));
  if (fresh?.stale && fresh.as_of) return Date.parse(fresh.as_of);
  return now;
}

export function Liveness({ stream, fresh, now }: { stream: Stream; fresh: Freshness | undefined; now: number }) {
  const ago = clock(now - shownAt(stream, fresh, now));
  if (stream.state === "lost") return <div class="banner bad" role="alert" data-test="stale">{t("stale")} <Ago ago={ago} /></div>;
  if (stream.state === "connecting" || !fresh) return null;
  if (fresh.stale) {
    return (
      <div class="banner bad" role="alert" data-test="stale">
        {fresh.as_of ? <>{t("stale.controller")} <Ago ago={ago} /></> : t("stale.never")}
      </div>
    );
  }
  return (
    <>
      {!fresh.link && <div class="banner warn" role="alert" data-test="link-lost">{t("link.lost")}</div>}
      {!fresh.durable && <div class="banner warn" role="alert" data-test="durable-lost">{t("durable.lost")}</div>}
    </>
  );
}

/** Counts up beside the alert; hidden from screen readers, which would read the alert again each second. */
function Ago({ ago }: { ago: string }) {
  return <span class="num" aria-hidden="true">{ago}</span>;
}

/** A small lamp for the page's head. */
export function Lamp({ stale }: { stale: boolean }) {
  return <span class={`pulse ${stale ? "off" : ""}`} data-test="live">{stale ? t("live.not") : t("live")}</span>;
}
