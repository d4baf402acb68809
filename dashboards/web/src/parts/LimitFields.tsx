// To which queues and teams a user or a key is limited: to none, or to those that are ticked.
import { t } from "../i18n";
import type { Limited, Named } from "../model";
import { Choice } from "./Choice";
import { Group } from "./Group";
import type { Faults } from "./useForm";
import type { Names } from "./useNames";

export interface Limits extends Limited {
  some: boolean; // false: what is ticked doesn't count
}

export const limitsOf = ({ queues, teams }: Limited): Limits => ({ some: queues.length + teams.length > 0, queues, teams });

/** As the API takes them. */
export const limitsGiven = ({ some, queues, teams }: Limits): Limited => (some ? { queues, teams } : { queues: [], teams: [] });

/** Nothing ticked would mean everything to the API, and nothing to who reads the form. */
export const limitsFault = ({ some, queues, teams }: Limits): Faults => (some && queues.length + teams.length === 0 ? { limits: t("fault.limits") } : {});

/** Where the API's words about limits are told. */
export const limitsPlaces = { some: "limits", queues: "limits", teams: "limits" } as const;

/** Limits in words. */
export function limitsText({ queues, teams }: Limited, names: Names): string {
  if (queues.length + teams.length === 0) return t("limits.all");
  return [...queues.map(names.queue), ...teams.map((team) => t("limits.team", { team }))].join(", ");
}

interface Props {
  limits: Limits;
  set: (limits: Limits) => void;
  names: Names;
  fault: string | undefined;
}

export function LimitFields({ limits, set, names, fault }: Props) {
  return (
    <Group name="limits" label={t("limits")} fault={fault}>
      <Choice type="radio" name="some" value="" label={t("limits.all")} means={t("limits.all.means")} checked={!limits.some} set={() => set({ ...limits, some: false })} />
      <Choice type="radio" name="some" value="yes" label={t("limits.some")} means={t("limits.some.means")} checked={limits.some} set={() => set({ ...limits, some: true })} />
      {limits.some && (
        <div class="row top">
          <Ticks name="queues" label={t("call.queues")} known={names.queues} ticked={limits.queues} set={(queues) => set({ ...limits, queues })} />
          <Ticks name="teams" label={t("limits.teams")} known={names.teams.map((id) => ({ id, name: id }))} ticked={limits.teams} set={(teams) => set({ ...limits, teams })} />
        </div>
      )}
    </Group>
  );
}

/** What is ticked and gone from the configuration stays in the list, so that it can be taken away. */
function Ticks({ name, label, known, ticked, set }: { name: string; label: string; known: Named[]; ticked: string[]; set: (ticked: string[]) => void }) {
  const gone = ticked.filter((id) => !known.some((k) => k.id === id)).map((id) => ({ id, name: t("limits.gone", { id }) }));
  const all = [...known, ...gone];
  if (all.length === 0) return null;
  return (
    <Group name={name} label={label}>
      <div class="ticks">
        {all.map(({ id, name: text }) => (
          <Choice key={id} type="checkbox" name={name} value={id} label={text || id} checked={ticked.includes(id)}
            set={(on) => set(on ? [...ticked, id] : ticked.filter((x) => x !== id))} />
        ))}
      </div>
    </Group>
  );
}
