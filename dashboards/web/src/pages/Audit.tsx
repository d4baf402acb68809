// The audit log: who did what, newest first, page by page, and all of a search as a file. The search stands in the address.
import { useState } from "preact/hooks";
import { at } from "../api";
import { t } from "../i18n";
import { AuditFilter, auditQuery, filterOf } from "../parts/AuditFilter";
import type { Filter } from "../parts/AuditFilter";
import { AuditTable } from "../parts/AuditTable";
import { useFetched } from "../parts/useFetched";
import { useList } from "../parts/useList";
import { useNames } from "../parts/useNames";

export function Audit() {
  const [filter, setFilter] = useState<Filter>(filterOf(location.search));
  const actors = useActors();
  const list = useList(filter, (f) => at("/audit", { query: { ...auditQuery(f), limit: 50 } }));
  const search = (to: Filter) => {
    history.replaceState(null, "", `?${new URLSearchParams({ ...to }).toString()}`);
    setFilter(to); // a new object even when nothing changed: the same search asks again
  };
  const file = () => at("/exports/audit", { query: { ...auditQuery(filter), format: "csv" } });
  return (
    <div class="stack">
      <div class="row apart">
        <h1>{t("audit.title")}</h1>
        <a class="button" href={file()} download data-test="download" onClick={(e) => { e.currentTarget.href = file(); /* until now */ }}>{t("audit.download")}</a>
      </div>
      <AuditFilter filter={filter} actors={actors} search={search} />
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      <section class="card" data-test="audit" aria-busy={list.loading}>
        {list.items.length > 0
          ? <AuditTable items={list.items} label={(actor) => actors.find((a) => a.value === actor)?.label ?? ""} />
          : <p class="quiet" data-test="empty">{t(list.loading ? "loading" : list.error === "" ? "audit.none" : "contacts.unknown")}</p>}
        {list.more && <p><button data-test="more" disabled={list.loading} onClick={list.more}>{t("contacts.more")}</button></p>}
      </section>
    </div>
  );
}

/** Who may have acted, as the log names him; agents and keys have a name beside that. */
function useActors(): { value: string; label: string }[] {
  const users = useFetched(at("/users"))?.users ?? [];
  const keys = useFetched(at("/keys"))?.keys ?? [];
  const { agents } = useNames();
  return [
    ...users.map((u) => ({ value: u.name, label: "" })), ...agents.map((a) => ({ value: a.id, label: a.name })),
    ...keys.map((k) => ({ value: `key/${k.id}`, label: k.name })),
  ];
}
