// What is behind a number, one thing a line, each with a way to the call, the agent or the ticket.
import type { ComponentChildren } from "preact";
import { t, word } from "../i18n";
import type { Key } from "../i18n";
import type { AppliedTarget, Explained, Explanation } from "../model";
import { dateTimeIn, span } from "../time";
import { outcomeName } from "./outcomes";
import type { Names } from "./useNames";

interface Props {
  e: Explanation;
  items: Explained[];
  names: Names;
  overseer: boolean; // sees other people's figures
}

interface Column {
  head: Key;
  number?: true;
  has: (x: Explained) => boolean;
  cell: (x: Explained) => ComponentChildren;
}

export function WhyTable({ e, items, names, overseer }: Props) {
  const at = dateTimeIn(e.zone);
  const columns = columnsOf(names, overseer ? agentReport(e) : undefined).filter((c) => items.some(c.has));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("why.list")}>
      <table>
        <thead>
          <tr><th scope="col">{t("why.when")}</th>{columns.map((c) => <th key={c.head} scope="col" class={c.number && "num"}>{t(c.head)}</th>)}</tr>
        </thead>
        <tbody>
          {items.map((x) => (
            <tr key={x.id} data-item={x.id} data-in={x.in ?? undefined}>
              <td class="figures">{x.contact === "" ? at(x.at) : <a href={`/contacts/${encodeURIComponent(x.contact)}`}>{at(x.at)}</a>}</td>
              {columns.map((c) => <td key={c.head} class={c.number && "num figures"}>{c.cell(x)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** An agent's figures of the same time. */
const agentReport = (e: Explanation) => (agent: string): string =>
  `/reports/agents?${new URLSearchParams({ from: e.row.interval.from, until: e.row.interval.until, tz: e.zone, group_by: "agent", agent }).toString()}`;

/** The calls about a ticket, of the last 30 days. */
const callsAbout = (ticket: string): string => `/contacts?${new URLSearchParams({ hours: "720", kind: "", ticket }).toString()}`;

const idOf = (ticket: string): string => ticket.slice(ticket.indexOf(":") + 1);

function columnsOf(names: Names, reportOf: ((agent: string) => string) | undefined): Column[] {
  return [
    { head: "why.what", has: (x) => whatOf(x) !== "", cell: (x) => <>{whatOf(x)}{x.is_it && <> <span class="badge ready">{t("why.isit")}</span></>}</> },
    { head: "why.value", number: true, has: (x) => x.value_ms !== null, cell: (x) => span(x.value_ms) },
    { head: "why.wait", number: true, has: (x) => x.wait_ms !== null, cell: (x) => (x.limit_ms === null ? span(x.wait_ms) : t("why.wait.of", { wait: span(x.wait_ms), limit: span(x.limit_ms) })) },
    { head: "why.in", has: (x) => x.in !== null, cell: (x) => x.in !== null && <span class={`badge ${x.in === "numerator" ? "ready" : ""}`}>{t(`why.in.${x.in}`)}</span> },
    { head: "why.target", has: (x) => x.target !== null, cell: (x) => x.target && <Applied target={x.target} /> },
    { head: "why.times", number: true, has: (x) => x.counts !== 1, cell: (x) => x.counts },
    { head: "queue", has: (x) => x.queue !== "", cell: (x) => names.queue(x.queue) },
    { head: "agent", has: (x) => x.agent !== "", cell: (x) => (reportOf && x.agent !== "" ? <a href={reportOf(x.agent)}>{names.agent(x.agent)}</a> : names.agent(x.agent)) },
    { head: "ticket", has: (x) => x.ticket !== "", cell: (x) => x.ticket !== "" && <a href={callsAbout(idOf(x.ticket))}>{idOf(x.ticket)}</a> },
  ];
}

const whatOf = (x: Explained): string => outcomeName(x.kind, x.outcome, idOf(x.ticket)) || (x.is_it ? "•" : "");

/** By what a ticket was judged, and how that came out. */
function Applied({ target: a }: { target: AppliedTarget }) {
  const whose = a.default ? t("why.target.others") : t("why.target.priority", { priority: a.priority });
  const own = a.default && a.priority !== "" ? `${t("why.target.priority", { priority: a.priority })}, ` : "";
  return (
    <>
      <span class={`badge ${a.state === "met" ? "ready" : a.state === "breached" ? "failed" : "paused"}`}>{word("target.", a.state)}</span>{" "}
      {t(`why.target.${a.clock}`)}: {t("why.target.used", { used: span(a.used_ms), target: span(a.target_ms) })}
      <div class="quiet small">{own}{whose}</div>
    </>
  );
}
