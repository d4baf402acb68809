// The screen pop: who calls, how long he waited, what he pressed, which ticket; there while the phone still rings.
import { useEffect, useRef } from "preact/hooks";
import { request } from "../api";
import { t } from "../i18n";
import type { Popup } from "../model";
import { clock } from "../time";

export function PopupCard({ agent, popup, ringing, queueName }: { agent: string; popup: Popup; ringing: boolean; queueName: string }) {
  const shown = useRef("");
  const tell = (event: "shown" | "opened") =>
    void request("POST", `/agents/${encodeURIComponent(agent)}/pops`, { pop: popup.pop, event }).catch(() => undefined);
  useEffect(() => {
    if (ringing && shown.current !== popup.pop) {
      shown.current = popup.pop;
      tell("shown");
    }
  }, [popup.pop, ringing]);
  const ticket = popup.ticket;
  return (
    <section class="card popup stack" role="alert" data-test="popup" data-pop={popup.pop}>
      <h2><span>{ringing ? t("offer.title") : t("contact.current")} · {queueName}</span><span class="num">{t("offer.waited", { wait: clock(popup.wait_ms) })}</span></h2>
      <div>
        <div class="who" data-test="who">{popup.customer_name || popup.caller_name || popup.customer || t("offer.unknown")}</div>
        <div class="quiet num">{popup.caller_number}{popup.customer ? ` · ${popup.customer}` : ""} · {popup.language}</div>
      </div>
      {popup.choices && popup.choices.length > 0 && (
        <div class="row"><span class="quiet">{t("offer.pressed")}</span><ol class="crumbs">{popup.choices.map((c, i) => <li key={i}>{c}</li>)}</ol></div>
      )}
      {ticket ? (
        <div class="row">
          {ticket.url
            ? <a href={ticket.url} target="_blank" rel="noopener" data-test="ticket" onClick={() => tell("opened")}>{t("offer.open", { id: ticket.id })}</a>
            : <span>{ticket.id}</span>}
          <strong>{ticket.title}</strong>
          {ticket.status && <span class="badge">{ticket.status}</span>}
        </div>
      ) : <div class="quiet">{t("offer.noticket")}</div>}
    </section>
  );
}
