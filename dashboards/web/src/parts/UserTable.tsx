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
            <tr key={`${u.name} ${u.configured}`} data-user={u.name}>
              <td><a href={`/users/${encodeURIComponent(u.name)}`}>{u.name}</a>{u.name === me && <span class="quiet small"> {t("users.you")}</span>}</td>
              <td>{t(`role.${u.role}`)}</td>
              <td>{sees(u) ? limitsText(u, names) : "–"}</td>
              <td>{sees(u) ? numbersText(u) : "–"}</td>
              <td>{names.agent(u.phone)}</td>
              <td class="figures"><Origin user={u} /> {!u.configured && madeText(u)}</td>
              <td><UserState user={u} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Since when there is this user, and by whom; nobody made who came from the identity provider. */
export function madeText({ made_at, made_by }: User): string {
  const time = made_at ? dateTime(made_at) : "–";
  return made_by === "" ? time : t("made", { time, who: made_by });
}

export const numbersText = (u: User): string => t(u.masked ? "users.numbers.masked" : "users.numbers.whole");

/** Agents see their own calls only, and who has no role sees nothing. */
export const sees = ({ role }: User): boolean => role !== "agent" && role !== "none";

/** A name that was released: it has neither rights nor a password. */
export const isNobody = (u: User): boolean => u.role === "none" && !u.provided;

/** Where he comes from when he was not made here. */
export function Origin({ user }: { user: User }) {
  if (user.configured) return <span class="badge">{t("users.configured")}</span>;
  return user.provided && <span class="badge">{t("users.provided")}</span>;
}

export function UserState({ user }: { user: User }) {
  if (user.disabled_at) return <span class="badge unreachable" data-test="user-state">{t("users.disabled")}</span>;
  if (user.role === "none") return <span class="badge paused" data-test="user-state">{t("users.barred")}</span>;
  return <span class="badge ready" data-test="user-state">{t("users.enabled")}</span>;
}
