// One contact: its figures and everything that happened, in order.
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../api";
import { t, word } from "../i18n";
import type { ContactBrief, Moment } from "../model";
import { Tile } from "../parts/Tile";
import { clock, dateTime, span, timeOfDay } from "../time";

type Answer = ContactBrief & { facts: Moment[] };

export function Contact({ id }: { id: string }) {
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState("");
  useEffect(() => {
    get<Answer>(`/contacts/${encodeURIComponent(id)}`).then(setAnswer, (e: Problem) => setError(e.status === 0 ? t("error.network") : e.message));
  }, [id]);
  if (error !== "") return <div class="banner bad" role="alert">{error}</div>;
  if (!answer) return <p>{t("loading")}</p>;
  const c = answer;
  return (
    <div class="stack">
      <p><a href="/contacts">← {t("contact.back")}</a></p>
      <div class="row"><h1>{t("contact.title", { id: c.id })}</h1><span class={`badge ${c.result ?? ""}`}>{word("result.", c.result ?? "open")}</span>{c.reason && <span class="quiet">{word("reason.", c.reason)}</span>}</div>
      <section class="card tiles">
        <Tile label={t("contacts.arrived")} value={<span style={{ fontSize: "1rem" }}>{dateTime(c.arrived_at)}</span>} />
        <Tile label={t("contacts.number")} value={<span style={{ fontSize: "1rem" }}>{c.caller_number ?? "–"}</span>} more={c.customer} />
        <Tile label={t("ivr.stage")} value={span(c.ivr_ms)} />
        <Tile label={t("wait")} value={span(c.wait_ms)} />
        <Tile label={t("own.talk")} value={span(c.talk_ms)} />
        <Tile label={t("wrap.title")} value={span(c.wrap_up_ms)} />
        <Tile label={t("contacts.duration")} value={c.duration_ms === null ? "–" : clock(c.duration_ms)} />
      </section>
      <section class="card">
        <h2>{t("contact.timeline")}</h2>
        <ol class="timeline" data-test="timeline">
          {answer.facts.map((m, i) => (
            <li key={i}>
              <div class="row"><strong>{m.type}</strong><span class="quiet num">{timeOfDay(m.time)}</span></div>
              <Details data={m.data} />
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

/** What a fact says, without what is empty or repeats the heading. */
function Details({ data }: { data: Record<string, unknown> }) {
  const shown = Object.entries(data).filter(([key, v]) => v !== "" && v !== null && v !== false && key !== "call");
  return (
    <dl>
      {shown.map(([key, v]) => (
        <span key={key}><dt>{key}</dt><dd>{text(v)}</dd></span>
      ))}
    </dl>
  );
}

const text = (v: unknown): string => (typeof v === "object" ? JSON.stringify(v) : String(v));
