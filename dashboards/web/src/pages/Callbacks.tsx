// The callers who are called back: the open ones with how they stand, and below them those that came to an end.
import { useState } from "preact/hooks";
import { at } from "../api";
import { t, word } from "../i18n";
import type { Callback } from "../model";
import { queryOf, spans } from "../parts/ContactFilter";
import type { Filter as All } from "../parts/ContactFilter";
import { useLastList } from "../parts/lastList";
import { calleeOf, knownOf, OpenCallbacks } from "../parts/OpenCallbacks";
import { useList } from "../parts/useList";
import { useNames } from "../parts/useNames";
import type { Names } from "../parts/useNames";
import { dateTime } from "../time";

type Filter = Pick<All, "hours" | "queue">;

const filterOf = (q: URLSearchParams): Filter => ({ hours: spans.find((s) => s === q.get("hours")) ?? "24", queue: q.get("queue") ?? "" });

export function Callbacks() {
  const [filter, setFilter] = useState<Filter>(filterOf(new URLSearchParams(location.search)));
  const names = useNames();
  useLastList();
  const list = useList(filter, (f) => at("/callbacks", { query: { ...queryOf(f), state: "ended" } }));
  const search = (to: Filter) => {
    history.replaceState(null, "", `?${new URLSearchParams({ ...to }).toString()}`);
    setFilter(to); // a new object even when nothing changed: the same search asks again
  };
  return (
    <div class="stack">
      <h1>{t("callbacks.title")}</h1>
      <form class="card row low" role="search" onSubmit={(e) => { e.preventDefault(); search({ ...filter }); }}>
        <label class="field">{t("queue")}
          <select name="queue" value={filter.queue} onChange={(e) => search({ ...filter, queue: e.currentTarget.value })}>
            <option value="">{t("contacts.all")}</option>
            {names.queues.map((q) => <option key={q.id} value={q.id} selected={q.id === filter.queue}>{q.name || q.id}</option>)}
          </select>
        </label>
        <label class="field">{t("contacts.span")}
          <select name="hours" value={filter.hours} onChange={(e) => search({ ...filter, hours: e.currentTarget.value })}>
            {spans.map((s) => <option key={s} value={s} selected={s === filter.hours}>{t(`contacts.span.${s}`)}</option>)}
          </select>
        </label>
        <button class="main" data-test="search">{t("contacts.search")}</button>
      </form>
      <OpenCallbacks key={filter.queue} queue={filter.queue} names={names} />
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      <section class="card" data-test="callbacks-ended" aria-busy={list.loading}>
        <h2>{t("callbacks.ended")}</h2>
        {list.items.length > 0
          ? <EndedTable items={list.items} names={names} />
          : <p class="quiet" data-test="empty">{t(list.loading ? "loading" : list.error === "" ? "callbacks.ended.none" : "contacts.unknown")}</p>}
        {list.more && <p><button data-test="more" disabled={list.loading} onClick={list.more}>{t("contacts.more")}</button></p>}
      </section>
    </div>
  );
}

function EndedTable({ items, names }: { items: Callback[]; names: Names }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("callbacks.ended")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("callbacks.caller")}</th><th scope="col">{t("customer")}</th><th scope="col">{t("queue")}</th><th scope="col">{t("callbacks.asked")}</th>
            <th scope="col">{t("callbacks.over")}</th><th scope="col">{t("callbacks.outcome")}</th><th scope="col">{t("agent")}</th><th scope="col">{t("callbacks.attempts")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((c) => (
            <tr key={c.callback} data-callback={c.callback} data-state={c.state}>
              <td><a href={`/contacts/${encodeURIComponent(c.callback)}`}>{calleeOf(c)}</a></td>
              <td class="figures">{knownOf(c)}</td>
              <td>{names.queue(c.queue)}</td>
              <td class="figures"><a href={`/contacts/${encodeURIComponent(c.origin)}`}>{dateTime(c.promised_at)}</a></td>
              <td class="figures">{c.ended_at && dateTime(c.ended_at)}</td>
              <td class="figures"><span class={`badge ${mood(c.state)}`}>{word("calledback.", c.state)}</span>{c.actor && <span class="quiet small"> {c.actor}</span>}</td>
              <td>{names.agent(c.agent)}</td>
              <td class="figures">{t("callbacks.attempts.of", { n: c.attempts, of: c.of })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The colour of an outcome: that of the same result of a contact. */
function mood(state: string): string {
  return state === "connected" || state === "called_in" ? "answered" : state === "cancelled" || state === "expired" ? "" : "abandoned";
}
