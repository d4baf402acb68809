// One user: what he may do, whether he can sign in, and another password. Who stands in the configuration is shown only, the rights of who
// comes from the identity provider follow from his groups there, and nobody changes what he may do himself.
import { at } from "../api";
import { t } from "../i18n";
import type { Key } from "../i18n";
import type { User as Whom } from "../model";
import { account } from "../pages";
import { UserAccess } from "../parts/UserAccess";
import { UserRights } from "../parts/UserRights";
import { isNobody, madeText, numbersText, Origin, sees, UserState } from "../parts/UserTable";
import { limitsText } from "../parts/LimitFields";
import { useLoaded } from "../parts/useLoaded";
import { useNames } from "../parts/useNames";
import type { Names } from "../parts/useNames";
import { dateTime } from "../time";

export function User({ name, me }: { name: string; me: string }) {
  const list = useLoaded(at("/users"));
  const names = useNames();
  const found = list.data?.users.filter((u) => u.name === name); // two when who came from the identity provider has the name of a configured one
  return (
    <div class="stack">
      <p class="flat"><a href="/users">← {t("users.back")}</a></p>
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      {!found && list.error === "" && <p class="quiet">{t("loading")}</p>}
      {found?.length === 0 && <div class="banner warn" role="alert" data-test="missing">{t("users.missing", { name })}</div>}
      {found?.map((user) => <Found key={String(user.configured)} user={user} names={names} me={me} changed={list.again} />)}
    </div>
  );
}

/** Why his rights are not changed here, or what there is to know before they are. */
function noteOf(user: Whom, self: boolean): Key | undefined {
  if (user.configured) return "users.configured.means";
  if (user.provided) return "users.provided.means";
  if (self) return "users.self";
  return isNobody(user) ? "users.released" : undefined;
}

function Found({ user, names, me, changed }: { user: Whom; names: Names; me: string; changed: () => void }) {
  const self = user.name === me;
  const fixed = user.configured || user.provided !== null || self;
  const note = noteOf(user, self);
  return (
    <>
      <div class="row" data-test="user" data-user={user.name}>
        <h1>{user.name}</h1>
        <UserState user={user} />
        <Origin user={user} />
      </div>
      <p class="flat quiet">
        {!user.configured && <>{t(user.provided ? "users.since" : "users.made")}: {madeText(user)}</>}
        {user.disabled_at && <> · {t("users.disabled.since", { time: dateTime(user.disabled_at) })}</>}
      </p>
      {note && <p class="flat card" role="note" data-test={fixed ? "fixed" : "released"}>{t(note)} {self && <a href={account.path}>{t("account.title")}</a>}</p>}
      {user.provided && <Provided provided={user.provided} names={names} />}
      {fixed ? <Shown user={user} names={names} /> : <UserRights user={user} names={names} changed={changed} />}
      {!user.configured && !self && <UserAccess user={user} changed={changed} />}
    </>
  );
}

function Provided({ provided: { label, groups, agent }, names }: { provided: NonNullable<Whom["provided"]>; names: Names }) {
  return (
    <section class="card" data-test="provided">
      <h2>{t("users.there")}</h2>
      <dl class="facts">
        <div><dt>{t("users.label")}</dt><dd>{label || "–"}</dd></div>
        <div><dt>{t("users.groups")}</dt><dd>{groups.length === 0 ? "–" : <span class="crumbs">{groups.map((g) => <code key={g} class="badge">{g}</code>)}</span>}</dd></div>
        {agent !== "" && <div><dt>{t("agent")}</dt><dd>{names.agent(agent)}</dd></div>}
      </dl>
    </section>
  );
}

function Shown({ user, names }: { user: Whom; names: Names }) {
  return (
    <section class="card" data-test="rights">
      <h2>{t("users.rights")}</h2>
      <dl class="facts">
        <div><dt>{t("users.role")}</dt><dd>{t(`role.${user.role}`)}</dd></div>
        {sees(user) && (
          <>
            <div><dt>{t("limits")}</dt><dd>{limitsText(user, names)}</dd></div>
            <div><dt>{t("users.numbers")}</dt><dd>{numbersText(user)}</dd></div>
            <div><dt>{t("users.phone")}</dt><dd>{names.agent(user.phone) || t("users.phone.none")}</dd></div>
          </>
        )}
      </dl>
    </section>
  );
}
