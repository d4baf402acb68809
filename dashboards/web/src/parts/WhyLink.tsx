// A figure that leads to what is behind it: a link that looks like the figure until one points at it or comes to it by the keyboard.
import { t } from "../i18n";
import { reportOf } from "./numbers";

/** Where people came from when it was no report: back there leads another word. */
export type From = "wallboard" | "desk";

/** The page that explains a number, from the link in the row of an answer; undefined where there is none. */
export function whyPath(explain: string | undefined, number: string, from?: From): string | undefined {
  const [, report = "", query = ""] = /\/metrics\/(\w+)\/explain\?(.*)$/.exec(explain ?? "") ?? [];
  if (reportOf(report) === undefined) return undefined;
  return `/why/${report}?${query.replace("{number}", encodeURIComponent(number))}${from ? `&back=${from}` : ""}`;
}

interface Props {
  explain: string | undefined; // of the row
  number: string;
  name: string; // what it is called where it stands
  value: string;
  from?: From;
}

export function WhyLink({ explain, number, name, value, from }: Props) {
  const path = value === "–" ? undefined : whyPath(explain, number, from);
  if (path === undefined) return <>{value}</>;
  return <a class="why" href={path} title={t("why.link")} aria-label={t("why.of", { name, value })} data-why={number}>{value}</a>;
}
