// The screen pop: who calls, how long he waited, what he pressed, which ticket; there while the phone still rings.
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api";
import { t, word } from "../i18n";
import type { AgentContact, Popup, TicketRef } from "../model";
import { clock } from "../time";
import { languageName } from "./words";

interface Props {
  agent: string;
  ringing: boolean;
  contact: AgentContact | null;
  popup: Popup | undefined; // missing for a moment while the server fetches it, and after a failure there
  queueName: (id: string) => string;
}

export function CallerCard({ agent, ringing, contact, popup, queueName }: Props) {
  const tell = (pop: string, event: "shown" | "opened") =>
    void api.send("post", "/agents/{id}/pops", { path: { id: agent }, body: { pop, event } }).catch(() => undefined); // figures, not the call, hang on it
  const told = useRef("");
  useEffect(() => {
    if (!popup || !ringing || told.current === popup.pop) return;
    told.current = popup.pop;
    tell(popup.pop, "shown");
  }, [popup?.pop, ringing]);
  if (!contact && !ringing) return <section class="card quiet" data-test="no-call">{t("contact.none")}</section>;
  const heading = t(ringing ? "offer.title" : "contact.current");
  const known = popup ?? contact;
  return (
    <section class="card popup stack" role="alert" data-test={popup ? "popup" : "call"} data-pop={popup?.pop} data-ringing={ringing}>
      <h2>
        <span class="row">
          <span>{popup ? `${heading} · ${queueName(popup.queue)}` : heading}</span>
          {contact?.kind === "callback" && <span class="badge" data-test="callback">{t("stage.callback")}</span>}
        </span>
        {popup && <span class="num">{t("offer.waited", { wait: clock(popup.wait_ms) })}</span>}
      </h2>
      <div>
        <div class="who" data-test="who">{popup?.customer_name || popup?.caller_name || known?.customer || t("offer.unknown")}</div>
        <div class="quiet num">{[popup?.caller_number, known?.customer, known && languageName(known.language)].filter(Boolean).join(" · ")}</div>
      </div>
      {popup?.choices && popup.choices.length > 0 && (
        <div class="row"><span class="quiet">{t("offer.pressed")}</span><ol class="crumbs">{popup.choices.map((c, i) => <li key={i}>{c}</li>)}</ol></div>
      )}
      <Ticket ticket={known?.ticket} opened={() => { if (popup) tell(popup.pop, "opened"); }} />
    </section>
  );
}

function Ticket({ ticket, opened }: { ticket: TicketRef | undefined; opened: () => void }) {
  if (!ticket) return <div class="quiet">{t("offer.noticket")}</div>;
  return (
    <div class="row">
      {ticket.url
        ? <a href={ticket.url} target="_blank" rel="noopener" data-test="ticket" onClick={opened}>{t("offer.open", { id: ticket.id })}</a>
        : <span data-test="ticket">{ticket.id}</span>}
      {ticket.title && <strong>{ticket.title}</strong>}
      {ticket.status && <span class="badge">{word("ticket.", ticket.status)}</span>}
    </div>
  );
}
