// The list of contacts: search, newest first, page by page. The search stands in the address, so it can be kept and sent on.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain, get } from "../api";
import { t } from "../i18n";
import type { ContactBrief, ContactPage, Me } from "../model";
import { ContactFilter, filterOf, queryOf } from "../parts/ContactFilter";
import type { Filter } from "../parts/ContactFilter";
import { ContactTable } from "../parts/ContactTable";
import { useNames } from "../parts/useNames";

const kept = "contacts";

/** The list as it was last searched in this tab. */
export const lastSearch = (): string => `/contacts${sessionStorage.getItem(kept) ?? ""}`;

export function Contacts({ me }: { me: Me }) {
  const [filter, setFilter] = useState<Filter>(filterOf(location.search));
  const names = useNames();
  const list = useContacts(filter);
  const search = (to: Filter) => {
    const query = `?${new URLSearchParams({ ...to }).toString()}`;
    history.replaceState(null, "", query);
    sessionStorage.setItem(kept, query);
    setFilter(to); // a new object even when nothing changed: the same search asks again
  };
  return (
    <div class="stack">
      <h1>{t("contacts.title")}</h1>
      <ContactFilter filter={filter} names={names} ownOnly={me.role === "agent"} search={search} />
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      <section class="card" data-test="contacts" aria-busy={list.loading}>
        {list.items.length > 0
          ? <ContactTable items={list.items} names={names} />
          : <p class="quiet" data-test="empty">{t(list.loading ? "loading" : list.error === "" ? "contacts.none" : "contacts.unknown")}</p>}
        {list.more && <p><button data-test="more" disabled={list.loading} onClick={list.more}>{t("contacts.more")}</button></p>}
      </section>
    </div>
  );
}

/** The pages of a search that were asked for so far. An answer to a search that was changed meanwhile is dropped. */
function useContacts(filter: Filter) {
  const [items, setItems] = useState<ContactBrief[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState("");
  const search = useRef({ query: "", number: 0 });
  const load = async (cursor: string | null) => {
    const { query, number } = search.current;
    setLoading(true);
    try {
      const page = await get<ContactPage>(`/contacts?${query}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      if (number !== search.current.number) return;
      setItems((old) => (cursor ? [...old, ...page.items] : page.items));
      setNext(page.next);
      setError("");
    } catch (e) {
      if (number !== search.current.number) return;
      if (!cursor) setItems([]);
      setError(explain(e));
    }
    setLoading(false);
  };
  useEffect(() => {
    search.current = { query: queryOf(filter), number: search.current.number + 1 };
    setNext(null);
    void load(null);
  }, [filter]);
  return { items, loading, error, more: next ? () => void load(next) : undefined };
}
