// The messages that callers left: those that nobody has dealt with, or others too, newest first, page by page, each with a player, or with
// why there is nothing to hear.
import { useState } from "preact/hooks";
import { at } from "../api";
import { t } from "../i18n";
import type { Message } from "../model";
import { queryOf, spans } from "../parts/ContactFilter";
import type { Filter as All } from "../parts/ContactFilter";
import { useLastList } from "../parts/lastList";
import { MessageMark } from "../parts/MessageMark";
import { Player } from "../parts/Recordings";
import { useList } from "../parts/useList";
import { useNames } from "../parts/useNames";
import type { Names } from "../parts/useNames";
import { dateTime, span } from "../time";

const shows = ["open", "done", "all"] as const;

interface Filter extends Pick<All, "hours" | "queue"> {
  show: (typeof shows)[number];
}

const filterOf = (q: URLSearchParams): Filter => ({
  hours: spans.find((s) => s === q.get("hours")) ?? "168", queue: q.get("queue") ?? "", show: shows.find((s) => s === q.get("show")) ?? "open",
});

const pathOf = ({ show, ...rest }: Filter) => at("/voicemails", { query: { ...queryOf(rest), ...(show !== "all" && { done: show === "done" ? "true" : "false" }) } });

export function Messages({ me }: { me: string }) {
  const [filter, setFilter] = useState<Filter>(filterOf(new URLSearchParams(location.search)));
  const names = useNames();
  const list = useList(filter, pathOf);
  useLastList();
  const search = (to: Filter) => {
    history.replaceState(null, "", `?${new URLSearchParams({ ...to }).toString()}`);
    setFilter(to); // a new object even when nothing changed: the same search asks again
  };
  return (
    <div class="stack">
      <h1>{t("messages.title")}</h1>
      <form class="card row low" role="search" onSubmit={(e) => { e.preventDefault(); search({ ...filter }); }}>
        <label class="field">{t("contacts.span")}
          <select name="hours" value={filter.hours} onChange={(e) => search({ ...filter, hours: e.currentTarget.value })}>
            {spans.map((s) => <option key={s} value={s} selected={s === filter.hours}>{t(`contacts.span.${s}`)}</option>)}
          </select>
        </label>
        <label class="field">{t("queue")}
          <select name="queue" value={filter.queue} onChange={(e) => search({ ...filter, queue: e.currentTarget.value })}>
            <option value="">{t("contacts.all")}</option>
            {names.queues.map((q) => <option key={q.id} value={q.id} selected={q.id === filter.queue}>{q.name || q.id}</option>)}
          </select>
        </label>
        <label class="field">{t("messages.show")}
          <select name="show" value={filter.show} onChange={(e) => search({ ...filter, show: shows.find((s) => s === e.currentTarget.value) ?? "open" })}>
            {shows.map((s) => <option key={s} value={s} selected={s === filter.show}>{t(`messages.show.${s}`)}</option>)}
          </select>
        </label>
        <button class="main" data-test="search">{t("contacts.search")}</button>
      </form>
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      <section class="card" data-test="messages" aria-busy={list.loading}>
        {list.items.length > 0
          ? <MessageTable items={list.items} names={names} me={me} />
          : <p class="quiet" data-test="empty">{t(list.loading ? "loading" : list.error === "" ? `messages.none.${filter.show}` : "contacts.unknown")}</p>}
        {list.more && <p><button data-test="more" disabled={list.loading} onClick={list.more}>{t("contacts.more")}</button></p>}
      </section>
    </div>
  );
}

function MessageTable({ items, names, me }: { items: Message[]; names: Names; me: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("messages.title")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("recordings.begun")}</th><th scope="col">{t("queue")}</th><th scope="col">{t("messages.caller")}</th>
            <th scope="col">{t("customer")}</th><th scope="col" class="num">{t("contacts.duration")}</th><th scope="col">{t("messages.message")}</th><th scope="col">{t("messages.done")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((m) => (
            <tr key={m.recording} data-message={m.recording} data-state={m.state}>
              <td class="figures">{dateTime(m.started_at)}</td>
              <td>{names.queue(m.queue)}</td>
              <td><a href={`/contacts/${encodeURIComponent(m.contact)}`}>{caller(m)}</a></td>
              <td>{m.customer}</td>
              <td class="num">{span(m.duration_ms)}</td>
              <td><Player r={m} label={t("messages.play", nameOf(m))} /></td>
              <td><MessageMark m={m} me={me} of={nameOf(m)} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const nameOf = (m: Message) => ({ caller: caller(m), time: dateTime(m.started_at) });

/** Who left it; phones send the number as the name. */
function caller(m: Message): string {
  const number = m.caller_number || t("caller.withheld");
  return m.caller_name && m.caller_name !== m.caller_number ? `${m.caller_name}, ${number}` : number;
}
