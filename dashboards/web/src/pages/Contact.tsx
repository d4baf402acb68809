// One contact: its figures and everything that happened, in order. While it goes on the page follows it.
import { at, explain, Problem } from "../api";
import { t, word } from "../i18n";
import type { Moment, Timeline } from "../model";
import { ResultBadge } from "../parts/ContactTable";
import { lastList } from "../parts/lastList";
import { Moments } from "../parts/Moments";
import { Recordings } from "../parts/Recordings";
import { Tile } from "../parts/Tile";
import { useNames } from "../parts/useNames";
import { usePolled } from "../parts/usePolled";
import { languageName } from "../parts/words";
import { clock, dateTime, span } from "../time";

const settled = 60_000; // after its end a contact may still get a disposition or a ticket's event

/** hears: whether the reader may hear what was recorded. */
export function Contact({ id, hears }: { id: string; hears: boolean }) {
  const { data: c, error } = usePolled(() => at("/contacts/{id}", { path: { id } }), 3_000,
    (d) => d.ended_at !== null && Date.now() - Date.parse(d.ended_at) > settled && !filing(d.facts));
  const names = useNames();
  const missing = error instanceof Problem && error.status === 404 && !c;
  return (
    <div class="stack">
      <p class="flat"><a href={lastList()}>← {t("contact.back")}</a></p>
      {error !== undefined && <div class={`banner ${missing ? "warn" : "bad"}`} role="alert" data-test="error">{missing ? t("contact.missing") : explain(error)}</div>}
      {c ? <Found c={c} hears={hears} queue={names.queue} agent={names.agent} /> : error === undefined && <p class="quiet">{t("loading")}</p>}
    </div>
  );
}

/** Whether the file of something recorded is still to come. */
function filing(facts: readonly Moment[]): boolean {
  const count = (type: string) => facts.filter((f) => f.type === `recording.${type}`).length;
  return count("started") > count("stored") + count("lost");
}

function Found({ c, hears, queue, agent }: { c: Timeline; hears: boolean; queue: (id: string) => string; agent: (id: string) => string }) {
  return (
    <>
      <div class="row">
        <h1>{t(c.kind === "callback" ? "contact.callback" : "contact.title", { caller: c.caller_number || t("caller.withheld") })}</h1>
        <ResultBadge kind={c.kind} result={c.result} />
        {c.reason && <span class="quiet">{word("end.", c.reason)}</span>}
      </div>
      <section class="card stack" data-test="contact" data-open={c.open}>
        <dl class="facts">
          <Fact label={t("contacts.arrived")} value={dateTime(c.arrived_at)} />
          <Fact label={t("contacts.id")} value={c.id} />
          <Fact label={t("customer")} value={c.customer} />
          {c.ticket && <div><dt>{t("ticket")}</dt><dd>{c.ticket.url ? <a href={c.ticket.url} target="_blank" rel="noopener">{c.ticket.id}</a> : c.ticket.id} {c.ticket.title}</dd></div>}
          <Fact label={t("queue")} value={c.queues.map(queue).join(" → ")} />
          <Fact label={t("agent")} value={c.agents.map(agent).join(", ")} />
          <Fact label={t("language")} value={languageName(c.language)} />
        </dl>
        <div class="tiles">
          <Tile label={t("contact.ivr")} value={span(c.ivr_ms)} />
          <Tile label={t("wait")} value={span(c.wait_ms)} />
          <Tile label={t("talk")} value={span(c.talk_ms)} />
          <Tile label={t("hold")} value={span(c.hold_ms)} />
          <Tile label={t("wrap.title")} value={span(c.wrap_up_ms)} />
          <Tile label={t("contacts.duration")} value={c.duration_ms === null ? "–" : clock(c.duration_ms)} />
        </div>
      </section>
      {hears && <Recordings contact={c.id} told={c.facts.filter((f) => f.type.startsWith("recording.")).length} queue={queue} agent={agent} />}
      <Moments moments={c.facts} begin={Date.parse(c.arrived_at)} names={{ queue, agent }} />
    </>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return value === "" ? null : <div><dt>{label}</dt><dd>{value}</dd></div>;
}
