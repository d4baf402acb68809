// Says whether what is shown is live, and what is wrong when it is not.
import { t } from "../i18n";
import type { Freshness } from "../model";
import type { Stream } from "../stream";
import { clock, useNow } from "../time";

export function isStale(stream: Stream, fresh: Freshness | undefined): boolean {
  return !stream.live || (fresh?.stale ?? true);
}

export function Liveness({ stream, fresh }: { stream: Stream; fresh: Freshness | undefined }) {
  const now = useNow();
  if (!stream.live) {
    return <div class="banner bad" role="alert" data-test="stale">{t("stale", { ago: clock(now - stream.since) })}</div>;
  }
  if (fresh?.stale) {
    const since = fresh.stale_since ?? fresh.as_of;
    return <div class="banner bad" role="alert" data-test="stale">{t("stale.controller", { ago: since ? clock(now - Date.parse(since)) : "–" })}</div>;
  }
  return (
    <>
      {fresh && !fresh.link && <div class="banner warn" role="alert">{t("link.lost")}</div>}
      {fresh && !fresh.durable && <div class="banner warn" role="alert">{t("durable.lost")}</div>}
    </>
  );
}
