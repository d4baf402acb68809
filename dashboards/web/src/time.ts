// Durations and instants as people read them, and the server's clock.
import { useEffect, useState } from "preact/hooks";
import { locale, t } from "./i18n";

/** 83000 → "1:23", 3723000 → "1:02:03". */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** A measured duration: milliseconds below a tenth of a second, seconds below a minute, else a clock; "–" when there is none. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms >= 60_000) return clock(ms);
  if (ms > 0 && ms < 100) return t("milliseconds", { n: Math.round(ms) });
  return t("seconds", { n: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / 1000) });
}

export function percent(of100: number | null | undefined): string {
  if (of100 === null || of100 === undefined) return "–";
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(of100 / 100);
}

const format = (options: Intl.DateTimeFormatOptions) => {
  const f = new Intl.DateTimeFormat(locale, options);
  return (at: string | number) => f.format(new Date(at));
};

export const hourMinute = format({ timeStyle: "short" });
export const timeOfDay = format({ timeStyle: "medium" });
export const dateTime = format({ dateStyle: "short", timeStyle: "medium" });

/** An instant by the clock of another time zone, or its day only; one that this browser doesn't know is told in its own. */
export function dateTimeIn(timeZone: string, day = false): (at: string) => string {
  const time = day ? {} : ({ timeStyle: "medium" } as const);
  try {
    return format({ dateStyle: "short", ...time, timeZone });
  } catch {
    return format({ dateStyle: "short", ...time });
  }
}

/** The day of an instant by UTC, by which files are deleted. */
export const dayUTC = format({ dateStyle: "medium", timeZone: "UTC" });

/** A day by the reader's clock as fields for dates have it: 2026-03-02. */
export function isoDay(d: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** The reader's own time zone: a day begins at his midnight. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function midnight(): Date {
  const d = new Date();
  d.setHours(0, 0, 0, 0);
  return d;
}

// How far this machine's clock is ahead of the server's: waiting times are counted from the server's instants. Each message
// says when the controller was last heard, at most two seconds before; the least of the last differences comes closest.
const differences: number[] = [];
const tolerated = 2_000;
let ahead = 0;

/** Notes the instant that a live message carries. */
export function noteServerTime(asOf: string | null): void {
  if (asOf === null) return;
  differences.push(Date.now() - Date.parse(asOf));
  if (differences.length > 10) differences.shift();
  const least = Math.min(...differences);
  ahead = Math.abs(least) < tolerated ? 0 : least;
}

/** An instant of this machine's clock in the server's time. */
export const serverTime = (local: number): number => local - ahead;

/** The server's now, renewed each second: what counts up on the page without any message. */
export function useNow(): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return serverTime(now);
}
