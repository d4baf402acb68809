// What a user may do: role, limits, whether he sees whole numbers, with which phone he listens.
import { t } from "../i18n";
import type { Rights } from "../model";
import { Choice } from "./Choice";
import { Group } from "./Group";
import { LimitFields, limitsFault, limitsGiven, limitsOf, limitsPlaces } from "./LimitFields";
import type { Limits } from "./LimitFields";
import type { Faults } from "./useForm";
import type { Names } from "./useNames";

const roles = ["supervisor", "integrator", "admin"] as const;

export interface RightsForm {
  role: Rights["role"];
  limits: Limits;
  masked: boolean;
  phone: string;
}

export const rightsForm = (r: Rights): RightsForm => ({ role: r.role, limits: limitsOf(r), masked: r.masked, phone: r.phone });

export const noRights: RightsForm = { role: "supervisor", limits: { some: false, queues: [], teams: [] }, masked: false, phone: "" };

/** As the API takes them: an admin has no limits, and sees whole numbers; an integrator listens to nobody. */
export const rightsGiven = ({ role, limits, masked, phone }: RightsForm): Rights => ({
  role, masked: masked && role !== "admin", phone: role === "integrator" ? "" : phone, ...(role === "admin" ? { queues: [], teams: [] } : limitsGiven(limits)),
});

export const rightsFaults = ({ role, limits }: RightsForm): Faults => ({
  ...(roles.some((r) => r === role) ? {} : { role: t("fault.role") }), ...(role === "admin" ? {} : limitsFault(limits)),
});

export const rightsPlaces = { ...limitsPlaces, role: "role", phone: "phone" } as const;

interface Props {
  rights: RightsForm;
  set: (rights: RightsForm) => void;
  names: Names;
  faults: Faults;
}

export function RightsFields({ rights, set, names, faults }: Props) {
  const gone = rights.phone !== "" && !names.agents.some((a) => a.id === rights.phone);
  return (
    <>
      <Group name="role" label={t("users.role")} fault={faults["role"]}>
        {roles.map((role) => (
          <Choice key={role} type="radio" name="role" value={role} label={t(`role.${role}`)} means={t(`rolemeans.${role}`)} checked={rights.role === role} set={() => set({ ...rights, role })} />
        ))}
      </Group>
      {rights.role !== "admin" && (
        <>
          <LimitFields limits={rights.limits} set={(limits) => set({ ...rights, limits })} names={names} fault={faults["limits"]} />
          <Group name="masked" label={t("users.numbers")}>
            <Choice type="checkbox" name="masked" value="yes" label={t("users.masked")} means={t("users.masked.means")} checked={rights.masked} set={(masked) => set({ ...rights, masked })} />
          </Group>
        </>
      )}
      {rights.role !== "integrator" && (
        <div class="entry">
          <label class="field">{t("users.phone")}
            <select name="phone" value={rights.phone} aria-invalid={faults["phone"] !== undefined} onInput={(e) => set({ ...rights, phone: e.currentTarget.value })}>
              <option value="">{t("users.phone.none")}</option>
              {gone && <option value={rights.phone} selected>{t("limits.gone", { id: rights.phone })}</option>}
              {names.agents.map((a) => <option key={a.id} value={a.id} selected={a.id === rights.phone}>{a.name || a.id}</option>)}
            </select>
          </label>
          <p class={`flat small ${faults["phone"] === undefined ? "quiet" : "wrong"}`}>{faults["phone"] ?? t("users.phone.hint")}</p>
        </div>
      )}
    </>
  );
}
