// The timeline of a contact: one line a fact, with the time since it began.
import { useState } from "preact/hooks";
import { raw, tell } from "../facts";
import type { Naming } from "../facts";
import { t } from "../i18n";
import type { Moment } from "../model";
import { clock, timeOfDay } from "../time";

export function Moments({ moments, begin, names }: { moments: Moment[]; begin: number; names: Naming }) {
  const [all, setAll] = useState(false);
  return (
    <section class="card">
      <div class="row apart">
        <h2>{t("contact.timeline")}</h2>
        <label class="row quiet"><input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} data-test="technical" />{t("contact.technical")}</label>
      </div>
      <ol class="timeline" data-test="timeline">
        {moments.map((m) => <Line key={m.id} moment={m} begin={begin} names={names} all={all} />)}
      </ol>
    </section>
  );
}

function Line({ moment, begin, names, all }: { moment: Moment; begin: number; names: Naming; all: boolean }) {
  const { heading, details } = tell(moment, names);
  const rows = all ? Object.entries({ type: moment.type, id: moment.id, ...moment.data }).map(([k, v]) => [k, raw(v)]) : details;
  return (
    <li data-type={moment.type}>
      <div class="row"><time class="quiet figures" dateTime={moment.time} title={`+${clock(Date.parse(moment.time) - begin)}`}>{timeOfDay(moment.time)}</time><strong>{heading}</strong></div>
      {rows.length > 0 && <dl>{rows.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>}
    </li>
  );
}
