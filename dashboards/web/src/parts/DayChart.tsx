// Today's calls by interval: offered, answered, abandoned.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { t } from "../i18n";

export interface Series {
  at: number[]; // Unix seconds of the interval's begin
  offered: number[];
  answered: number[];
  abandoned: number[];
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function DayChart({ series }: { series: Series }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const bar = (label: string, name: string, align: -1 | 0 | 1): uPlot.Series => ({
      label, fill: colour(name), stroke: colour(name), width: 0, points: { show: false },
      paths: uPlot.paths.bars?.({ size: [0.26, 28], align, gap: 1 }) as uPlot.Series.PathBuilder,
    });
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const chart = new uPlot({
      width: element.clientWidth, height: 210, legend: { show: false }, cursor: { show: false },
      // Half an interval of room on both sides, so that the bars of the present one are whole.
      scales: { x: { range: (_u, min, max) => [min - 600, max + 600] }, y: { range: (_u, _min, max) => [0, Math.max(4, max * 1.1)] } },
      axes: [axis, { ...axis, size: 38, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }],
      series: [{}, bar(t("offered"), "--series-offered", -1), bar(t("answered"), "--series-answered", 0), bar(t("abandoned"), "--series-abandoned", 1)],
    }, [series.at, series.offered, series.answered, series.abandoned], element);
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 210 }));
    resize.observe(element);
    return () => { resize.disconnect(); chart.destroy(); };
  }, [series]);
  return (
    <section class="card" data-test="chart">
      <div class="row apart">
        <h2>{t("chart")}</h2>
        <div class="legend">
          <span><i style={{ background: "var(--series-offered)" }} />{t("offered")}</span>
          <span><i style={{ background: "var(--series-answered)" }} />{t("answered")}</span>
          <span><i style={{ background: "var(--series-abandoned)" }} />{t("abandoned")}</span>
        </div>
      </div>
      <div ref={box} role="img" aria-label={`${t("chart")}: ${t("offered")} ${sum(series.offered)}, ${t("answered")} ${sum(series.answered)}, ${t("abandoned")} ${sum(series.abandoned)}`} />
    </section>
  );
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
