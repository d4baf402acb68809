// The list of contacts: search, newest first, page by page. The search stands in the address, so it can be kept and sent on.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import type { Me } from "../model";
import { ContactFilter, filterOf, searchOf } from "../parts/ContactFilter";
import type { Filter } from "../parts/ContactFilter";
import { ContactTable } from "../parts/ContactTable";
import { useLastList } from "../parts/lastList";
import { useList } from "../parts/useList";
import { useNames } from "../parts/useNames";

export function Contacts({ me }: { me: Me }) {
  const [filter, setFilter] = useState<Filter>(filterOf(location.search));
  const names = useNames();
  const list = useList(filter, searchOf);
  useLastList();
  const search = (to: Filter) => {
    history.replaceState(null, "", `?${new URLSearchParams({ ...to }).toString()}`);
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
