// The tables of the page Data quality.
import type { ComponentChildren } from "preact";
import { t, word } from "../i18n";
import type { Key } from "../i18n";
import type { Defect, DefectRow, DefectTotal, LoadRow, TicketQuality } from "../model";
import { dateTime, span } from "../time";

function Section({ title, test, children }: { title: Key; test: string; children: ComponentChildren }) {
  return (
    <section class="card" data-test={test}>
      <h2>{t(title)}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={t(title)}>{children}</div>
    </section>
  );
}

function Head({ words, numbers }: { words: Key[]; numbers: Key[] }) {
  return (
    <thead>
      <tr>
        {words.map((key) => <th key={key} scope="col">{t(key)}</th>)}
        {numbers.map((key) => <th key={key} scope="col" class="num">{t(key)}</th>)}
      </tr>
    </thead>
  );
}

/** Every kind, also those of which there is none: so it is seen that they were looked for. */
export function Kinds({ totals }: { totals: DefectTotal[] }) {
  return (
    <Section title="quality.kinds" test="quality-kinds">
      <table>
        <thead>
          <tr><th scope="col">{t("quality.kind")}</th><th scope="col" class="num">{t("quality.count")}</th><th scope="col">{t("quality.means")}</th></tr>
        </thead>
        <tbody>
          {totals.map((d) => (
            <tr key={d.kind} data-kind={d.kind}>
              <td><span class={`badge wraps ${d.count > 0 ? mood(d.kind) : ""}`}>{word("defect.", d.kind)}</span></td>
              <td class="num">{d.count}</td>
              <td>{word("defectis.", d.kind)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet small">{t("quality.why")}</p>
    </Section>
  );
}

/** What is late or was worked out is there and right as far as anybody knows; the others are wrong. */
const mood = (kind: string) => (kind === "late" || kind === "derived" ? "paused" : "failed");

export function Places({ rows }: { rows: DefectRow[] }) {
  if (rows.length === 0) return <p class="card quiet" data-test="quality-none">{t("quality.none")}</p>;
  return (
    <Section title="quality.where" test="quality-places">
      <table>
        <Head words={["quality.from", "quality.kind", "quality.source", "quality.node"]} numbers={["quality.count"]} />
        <tbody>
          {rows.map((r) => (
            <tr key={`${r.interval.from} ${r.kind} ${r.source} ${r.node}`}>
              <td class="figures">{dateTime(r.interval.from)}</td><td>{word("defect.", r.kind)}</td><td>{r.source}</td><td>{r.node}</td><td class="num">{r.count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function Examples({ examples }: { examples: Defect[] }) {
  if (examples.length === 0) return null;
  return (
    <Section title="quality.examples" test="quality-examples">
      <table>
        <Head words={["quality.kind", "quality.fact", "quality.event", "quality.happened", "quality.loaded"]} numbers={["quality.by"]} />
        <tbody>
          {examples.map((d) => (
            <tr key={`${d.kind} ${d.fact} ${d.type} ${d.time}`} data-example={d.kind}>
              <td>{word("defect.", d.kind)}</td>
              <td>{d.contact === null ? d.subject : <a href={`/contacts/${encodeURIComponent(d.contact)}`}>{d.contact}</a>}</td>
              <td>{d.type}</td>
              <td class="figures">{dateTime(d.time)}</td>
              <td class="figures">{dateTime(d.loaded_at)}</td>
              <td class="num">{byOf(d)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** By how much: a time, of which a negative one keeps its sign, or how many. */
function byOf(d: Defect): string {
  if (d.by_ms !== 0) return (d.by_ms < 0 ? "−" : "") + span(Math.abs(d.by_ms));
  return d.count > 1 ? String(d.count) : "";
}

/** What is wrong with the events that the ticket system sent: the kinds, also those of which there is none, when, and the newest examples. */
export function Tickets({ tickets }: { tickets: TicketQuality }) {
  return (
    <>
      <Section title="quality.tickets" test="quality-tickets">
        <table>
          <thead>
            <tr><th scope="col">{t("quality.kind")}</th><th scope="col" class="num">{t("quality.count")}</th><th scope="col">{t("quality.means")}</th></tr>
          </thead>
          <tbody>
            {tickets.totals.map((d) => (
              <tr key={d.kind} data-ticket-kind={d.kind}>
                <td><span class={`badge wraps ${d.count > 0 ? ticketMood(d.kind) : ""}`}>{word("ticketdefect.", d.kind)}</span></td>
                <td class="num">{d.count}</td>
                <td>{word("ticketdefectis.", d.kind)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      {tickets.rows.length > 0 && <TicketPlaces tickets={tickets} />}
      {tickets.examples.length > 0 && <TicketExamples tickets={tickets} />}
    </>
  );
}

/** What is late or repeated is there, once, and right as far as anybody knows; the others come of a wrong clock. */
const ticketMood = (kind: string) => (kind === "late" || kind === "repeated" ? "paused" : "failed");

function TicketPlaces({ tickets }: { tickets: TicketQuality }) {
  return (
    <Section title="quality.tickets.where" test="quality-ticket-places">
      <table>
        <Head words={["quality.from", "quality.kind", "quality.system"]} numbers={["quality.count"]} />
        <tbody>
          {tickets.rows.map((r) => (
            <tr key={`${r.interval.from} ${r.kind} ${r.system}`}>
              <td class="figures">{dateTime(r.interval.from)}</td><td>{word("ticketdefect.", r.kind)}</td><td>{r.system}</td><td class="num">{r.count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function TicketExamples({ tickets }: { tickets: TicketQuality }) {
  return (
    <Section title="quality.tickets.examples" test="quality-ticket-examples">
      <table>
        <Head words={["quality.kind", "ticket", "quality.event", "quality.event.id", "quality.happened", "quality.received"]} numbers={["quality.by"]} />
        <tbody>
          {tickets.examples.map((d, i) => (
            <tr key={i} data-ticket-example={d.kind}>
              <td>{word("ticketdefect.", d.kind)}</td>
              <td>{d.system}:{d.ticket}</td>
              <td>{d.type}</td>
              <td>{d.event_id}</td>
              <td class="figures">{dateTime(d.time)}</td>
              <td class="figures">{dateTime(d.received_at)}</td>
              <td class="num">{d.by_ms === 0 ? "" : span(d.by_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function Loads({ loads }: { loads: LoadRow[] }) {
  if (loads.length === 0) return <p class="card quiet">{t("quality.loads.none")}</p>;
  return (
    <Section title="quality.loads" test="quality-loads">
      <table>
        <Head
          words={["quality.from", "quality.topic"]}
          numbers={["quality.facts", "quality.repeats", "quality.missing", "quality.dead", "defect.late", "quality.moved"]}
        />
        <tbody>
          {loads.map((l) => (
            <tr key={`${l.interval.from} ${l.topic}`}>
              <td class="figures">{dateTime(l.interval.from)}</td><td>{l.topic}</td>
              <td class="num">{l.facts}</td><td class="num">{l.repeats}</td><td class="num">{l.missing}</td><td class="num">{l.dead_letters}</td>
              <td class="num">{l.late}</td><td class="num">{l.moved}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
