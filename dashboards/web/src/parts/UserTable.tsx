// Users, one a line.
import { t } from "../i18n";
import type { User } from "../model";
import { dateTime } from "../time";
import { limitsText } from "./LimitFields";
import type { Names } from "./useNames";

export function UserTable({ users, names, me }: { users: User[]; names: Names; me: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("users.title")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("users.name")}</th><th scope="col">{t("users.role")}</th><th scope="col">{t("limits")}</th><th scope="col">{t("users.numbers")}</th>
            <th scope="col">{t("users.phone")}</th><th scope="col">{t("users.made")}</th><th scope="col">{t("state")}</th>
          </tr>
        </thead>
        <tbody>
          {users.map((u) => (
            <tr key={u.name} data-user={u.name}>
              <td><a href={`/users/${encodeURIComponent(u.name)}`}>{u.name}</a>{u.name === me && <span class="quiet small"> {t("users.you")}</span>}</td>
              <td>{t(`role.${u.role}`)}</td>
              <td>{limitsText(u, names)}</td>
              <td>{t(u.masked ? "users.numbers.masked" : "users.numbers.whole")}</td>
              <td>{names.agent(u.phone)}</td>
              <td class="figures">{u.configured ? <span class="badge">{t("users.configured")}</span> : madeText(u)}</td>
              <td><UserState user={u} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export const madeText = (u: User): string => t("made", { time: u.made_at ? dateTime(u.made_at) : "–", who: u.made_by || "–" });

export function UserState({ user }: { user: User }) {
  return user.disabled_at
    ? <span class="badge unreachable" data-test="user-state">{t("users.disabled")}</span>
    : <span class="badge ready" data-test="user-state">{t("users.enabled")}</span>;
}
