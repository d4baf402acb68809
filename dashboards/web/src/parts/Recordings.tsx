// What was recorded of a contact, each with a player, or with why there is nothing to hear.
import { at } from "../api";
import { t, word } from "../i18n";
import type { Recording } from "../model";
import { dateTime, dayUTC, span } from "../time";
import { useFetched } from "./useFetched";

interface Props {
  contact: string;
  told: number; // how many facts tell of recordings: with another one the list is another
  queue: (id: string) => string;
  agent: (id: string) => string;
}

export function Recordings({ contact, told, ...names }: Props) {
  const list = useFetched(at("/contacts/{id}/recordings", { path: { id: contact } }), told)?.recordings ?? [];
  if (list.length === 0) return null;
  return (
    <section class="card stack" data-test="recordings">
      <h2>{t("recordings")}</h2>
      {list.map((r) => <One key={r.recording} r={r} {...names} />)}
    </section>
  );
}

function One({ r, queue, agent }: { r: Recording } & Pick<Props, "queue" | "agent">) {
  const begun = dateTime(r.started_at);
  return (
    <div class="stack tight" data-recording={r.number} data-state={r.state}>
      <dl class="facts">
        <div><dt>{t("queue")}</dt><dd>{queue(r.queue)}</dd></div>
        {r.agent && <div><dt>{t("agent")}</dt><dd>{agent(r.agent)}</dd></div>}
        <div><dt>{t("recordings.begun")}</dt><dd>{begun}</dd></div>
        <div><dt>{t("contacts.duration")}</dt><dd>{span(r.duration_ms)}</dd></div>
        {r.paused_ms > 0 && <div><dt>{t("recordings.paused")}</dt><dd>{span(r.paused_ms)}</dd></div>}
        <div><dt>{t("recordings.cause")}</dt><dd>{word("recordcause.", r.cause)}</dd></div>
        {r.result === "failed" && <div><dt>{t("contacts.result")}</dt><dd>{word("recorded.", r.result)}</dd></div>}
        {r.keep_until && <div><dt>{t("recordings.until")}</dt><dd>{dayUTC(r.keep_until)}</dd></div>}
      </dl>
      <Player r={r} label={t("recordings.play", { queue: queue(r.queue), time: begun })} />
    </div>
  );
}

/** Plays it, or says why there is nothing to hear. */
export function Player({ r, label }: { r: Pick<Recording, "audio" | "state" | "error">; label: string }) {
  if (!r.audio) return <p class="flat quiet">{t(`recordings.no.${r.state}`, { error: r.error ?? "" })}</p>;
  return <audio controls preload="none" src={r.audio} aria-label={label} />;
}
