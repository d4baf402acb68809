// Durations and instants as people read them.
import { useEffect, useState } from "preact/hooks";
import { language } from "./i18n";

/** 83000 → "1:23", 3723000 → "1:02:03". */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** A measured duration: seconds with one decimal below a minute, else a clock; "–" when there is none. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms >= 60_000) return clock(ms);
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(ms / 1000) + " s";
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return "–";
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

export function timeOfDay(at: string | Date): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at));
}

export function dateTime(at: string | Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" }).format(new Date(at));
}

/** The instant of now, renewed each second: what counts up on the page without any message. */
export function useNow(): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
