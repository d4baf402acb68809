// Today's calls by interval as bars: offered, answered, abandoned. Plain SVG, so the colours are the sheet's and follow it.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import type { QueueRow } from "../model";
import { hourMinute } from "../time";

const height = 210;
const edge = { left: 40, right: 8, top: 8, bottom: 26 };
const measures = ["offered", "answered", "abandoned"] as const;
const least = 8; // intervals shown at least, so that the first bars have a width that does not jump

/** report: where the same figures stand as a table. */
export function DayChart({ rows, report }: { rows: QueueRow[]; report: string | undefined }) {
  const [box, width] = useWidth();
  const shown = fromFirstCall(rows);
  const totals = measures.map((m) => `${t(m)} ${shown.reduce((sum, r) => sum + (r[m] ?? 0), 0)}`).join(", ");
  return (
    <section class="card" data-test="chart">
      <div class="row apart">
        <h2>{t("chart")}</h2>
        <div class="row">
          <div class="legend" aria-hidden="true">{measures.map((m) => <span key={m}><i class={m} />{t(m)}</span>)}</div>
          {report && <a class="small" href={report} data-test="chart-report">{t("reports.ofday")}</a>}
        </div>
      </div>
      <div ref={box} class="chart">
        {width > 0 && shown.length > 0 && (
          <svg width={width} height={height} role="img" aria-label={`${t("chart")}: ${totals}`}><Bars rows={shown} width={width} dayBegins={begin(rows[0])} /></svg>
        )}
      </div>
    </section>
  );
}

const begin = (row: QueueRow | undefined): number => Date.parse(row?.interval.from ?? "");
const end = (row: QueueRow | undefined): number => Date.parse(row?.interval.until ?? "");

/** From the first interval with a call on, at least two hours. */
function fromFirstCall(rows: QueueRow[]): QueueRow[] {
  const first = rows.findIndex((r) => (r.offered ?? 0) > 0);
  return rows.slice(Math.max(0, Math.min(first < 0 ? rows.length : first, rows.length - least)));
}

function Bars({ rows, width, dayBegins }: { rows: QueueRow[]; width: number; dayBegins: number }) {
  const from = begin(rows[0]);
  const until = end(rows.at(-1));
  const top = niceTop(Math.max(4, ...rows.flatMap((r) => measures.map((m) => r[m] ?? 0))));
  const x = (at: number) => edge.left + ((at - from) / (until - from)) * (width - edge.left - edge.right);
  const y = (n: number) => height - edge.bottom - (n / top) * (height - edge.top - edge.bottom);
  return (
    <>
      {[0, 1, 2, 3, 4].map((i) => (
        <g key={i}>
          <line class="rule" x1={edge.left} x2={width - edge.right} y1={y((top * i) / 4)} y2={y((top * i) / 4)} />
          <text x={edge.left - 8} y={y((top * i) / 4) + 4} text-anchor="end">{(top * i) / 4}</text>
        </g>
      ))}
      {ticks(from, until, dayBegins, (width - edge.left - edge.right) / 64).map((at) => (
        <text key={at} x={x(at)} y={height - 8} text-anchor="middle">{hourMinute(at)}</text>
      ))}
      {rows.map((r) => <Interval key={r.interval.from} row={r} x={x} y={y} />)}
    </>
  );
}

function Interval({ row, x, y }: { row: QueueRow; x: (at: number) => number; y: (n: number) => number }) {
  const left = x(begin(row));
  const whole = x(end(row)) - left;
  const bar = Math.min((whole * 0.84) / 3, 30);
  const first = left + (whole - 3 * bar) / 2;
  return (
    <g>
      <title>{`${hourMinute(row.interval.from)}–${hourMinute(row.interval.until)}: ${measures.map((m) => `${t(m)} ${row[m] ?? 0}`).join(", ")}`}</title>
      <rect class="hover" x={left} y={y(0) - (height - edge.top - edge.bottom)} width={whole} height={height - edge.top - edge.bottom} />
      {measures.map((m, i) => (
        <rect key={m} class={m} x={first + i * bar} width={Math.max(1, bar - 1)} y={y(row[m] ?? 0)} height={y(0) - y(row[m] ?? 0)} />
      ))}
    </g>
  );
}

/** The least number from 4, 8, 20, 40, 80, 200 … that is not below n: its quarters are whole. */
function niceTop(n: number): number {
  for (let ten = 1; ; ten *= 10) {
    for (const step of [4, 8, 20]) if (step * ten >= n) return step * ten;
  }
}

/** Instants to label: whole steps since the day began, as fine as fits. */
function ticks(from: number, until: number, dayBegins: number, most: number): number[] {
  const minute = 60_000;
  const step = [15, 30, 60, 120, 180, 360].map((m) => m * minute).find((s) => (until - from) / s <= most) ?? 720 * minute;
  const out: number[] = [];
  for (let at = dayBegins + Math.ceil((from - dayBegins) / step) * step; at < until; at += step) out.push(at);
  return out;
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => set(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width] as const;
}
