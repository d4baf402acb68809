// Why a number of a report is what it is: by which rule, of which time, and what is behind it, page by page. The address is that of
// the API's explanation, so it can be kept and sent on.
import { useEffect, useMemo } from "preact/hooks";
import type { Address } from "../api";
import { t } from "../i18n";
import type { Explanation } from "../model";
import { useLastList } from "../parts/lastList";
import { figure, numberName } from "../parts/numbers";
import type { ReportName } from "../parts/numbers";
import { useList } from "../parts/useList";
import { useNames } from "../parts/useNames";
import { How, Place, Rule } from "../parts/WhyRule";
import { WhyTable } from "../parts/WhyTable";

/** overseer: may see reports, and other people's figures in them. */
export function Why({ report, overseer }: { report: ReportName; overseer: boolean }) {
  const asked = useMemo(() => ({ report, query: new URLSearchParams(location.search) }), [report]);
  const number = asked.query.get("number") ?? "";
  const list = useList(asked, addressOf);
  const names = useNames();
  useLastList();
  const e = list.first;
  const name = numberName(report, number);
  useEffect(() => { document.title = `${name} · ${t("app")}`; }, [name]);
  return (
    <div class="stack" data-test="why" aria-busy={list.loading}>
      <Back report={report} query={asked.query} />
      <h1>{name}{e && <>: <span data-test="why-value">{e.value === null ? t("why.nothing") : figure(number, e.value)}</span></>}</h1>
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      {e && <Place e={e} query={asked.query} names={names} />}
      {e && <How e={e} />}
      {e && <Rule e={e} names={names} />}
      <section class="card" data-test="why-list">
        <h2>{t("why.list")}</h2>
        {e && list.items.length > 0 && <p class="quiet small">{t(e.items[0]?.place == null ? "why.sorted.at" : "why.sorted")}</p>}
        {e && list.items.length > 0
          ? <WhyTable e={e} items={list.items} names={names} overseer={overseer} />
          : <p class="quiet" data-test="empty">{t(list.loading ? "loading" : list.error === "" ? "why.none" : "why.unknown")}</p>}
        {list.more && <p><button data-test="more" disabled={list.loading} onClick={list.more}>{t("contacts.more")}</button></p>}
      </section>
    </div>
  );
}

/** What the page's address holds is the server's to refuse. */
function addressOf({ report, query }: { report: ReportName; query: URLSearchParams }): Address<Explanation> {
  return `/api/v1/metrics/${report}/explain?${without(query, "back")}`;
}

/** Back to where the number stands, as it was. */
function Back({ report, query }: { report: ReportName; query: URLSearchParams }) {
  const from = query.get("back");
  if (from === "wallboard" || from === "desk") return <p class="flat"><a href={`/${from}`} data-test="why-back">← {t(`why.back.${from}`)}</a></p>;
  return <p class="flat"><a href={`/reports/${report}?${without(query, "back", "row", "number")}`} data-test="why-back">← {t("why.back")}</a></p>;
}

function without(query: URLSearchParams, ...keys: string[]): string {
  const rest = new URLSearchParams(query);
  for (const key of keys) rest.delete(key);
  return rest.toString();
}
