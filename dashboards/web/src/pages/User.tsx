// One user: what he may do, whether he can sign in, and another password. Who stands in the configuration is shown only, and nobody
// changes what he may do himself.
import { t } from "../i18n";
import type { User as Whom } from "../model";
import { account } from "../pages";
import { UserAccess } from "../parts/UserAccess";
import { UserRights } from "../parts/UserRights";
import { madeText, UserState } from "../parts/UserTable";
import { limitsText } from "../parts/LimitFields";
import { useLoaded } from "../parts/useLoaded";
import { useNames } from "../parts/useNames";
import type { Names } from "../parts/useNames";
import { dateTime } from "../time";

export function User({ name, me }: { name: string; me: string }) {
  const list = useLoaded<{ users: Whom[] }>("/users");
  const names = useNames();
  const user = list.data?.users.find((u) => u.name === name);
  return (
    <div class="stack">
      <p class="flat"><a href="/users">← {t("users.back")}</a></p>
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      {!list.data && list.error === "" && <p class="quiet">{t("loading")}</p>}
      {list.data && !user && <div class="banner warn" role="alert" data-test="missing">{t("users.missing", { name })}</div>}
      {user && <Found user={user} names={names} me={me} changed={list.again} />}
    </div>
  );
}

function Found({ user, names, me, changed }: { user: Whom; names: Names; me: string; changed: () => void }) {
  const fixed = user.configured || user.name === me;
  return (
    <>
      <div class="row" data-test="user" data-user={user.name}>
        <h1>{user.name}</h1>
        <UserState user={user} />
        {user.configured && <span class="badge">{t("users.configured")}</span>}
      </div>
      <p class="flat quiet">
        {!user.configured && <>{t("users.made")}: {madeText(user)}</>}
        {user.disabled_at && <> · {t("users.disabled.since", { time: dateTime(user.disabled_at) })}</>}
      </p>
      {fixed && <p class="flat card" role="note" data-test="fixed">{user.configured ? t("users.configured.means") : t("users.self")} {user.name === me && <a href={account.path}>{t("account.title")}</a>}</p>}
      {fixed ? <Shown user={user} names={names} /> : (
        <>
          <UserRights user={user} names={names} changed={changed} />
          <UserAccess user={user} changed={changed} />
        </>
      )}
    </>
  );
}

function Shown({ user, names }: { user: Whom; names: Names }) {
  return (
    <section class="card" data-test="rights">
      <h2>{t("users.rights")}</h2>
      <dl class="facts">
        <div><dt>{t("users.role")}</dt><dd>{t(`role.${user.role}`)}</dd></div>
        <div><dt>{t("limits")}</dt><dd>{limitsText(user, names)}</dd></div>
        <div><dt>{t("users.numbers")}</dt><dd>{t(user.masked ? "users.numbers.masked" : "users.numbers.whole")}</dd></div>
        <div><dt>{t("users.phone")}</dt><dd>{names.agent(user.phone) || t("users.phone.none")}</dd></div>
      </dl>
    </section>
  );
}
