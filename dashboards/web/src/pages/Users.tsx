// Who may sign in besides the agents: those of the configuration and those who were made, and adding one.
import { useRef, useState } from "preact/hooks";
import { at } from "../api";
import { t } from "../i18n";
import { ShownOnce } from "../parts/ShownOnce";
import { UserForm } from "../parts/UserForm";
import { UserTable } from "../parts/UserTable";
import { useLoaded } from "../parts/useLoaded";
import { useNames } from "../parts/useNames";

export function Users({ me }: { me: string }) {
  const list = useLoaded(at("/users"));
  const names = useNames();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<{ name: string; drawn: string }>();
  const add = useRef<HTMLButtonElement>(null);
  const leave = () => {
    setAdding(false);
    add.current?.focus(); // what had the focus is gone
  };
  return (
    <div class="stack">
      <div class="row apart">
        <h1>{t("users.title")}</h1>
        <button ref={add} class="main" data-test="user-add" aria-expanded={adding} onClick={() => { setMade(undefined); setAdding(!adding); }}>{t("users.add")}…</button>
      </div>
      <div class="stack tight">
        <p class="flat quiet">{t("users.agents")}</p>
        <div role="status" data-test="user-made">{made && made.drawn === "" && <p class="flat card">{t("users.made.title", { name: made.name })}</p>}</div>
      </div>
      {adding && <UserForm names={names} leave={leave} made={(name, drawn) => { setMade({ name, drawn }); leave(); list.again(); }} />}
      {made?.drawn && (
        <ShownOnce title={t("users.made.title", made)} label={t("users.password.of", made)} secret={made.drawn} warning={t("users.password.once", made)}
          done={() => { setMade(undefined); add.current?.focus(); }} />
      )}
      {list.error !== "" && <div class="banner bad" role="alert" data-test="error">{list.error}</div>}
      <section class="card" data-test="users" aria-busy={!list.data}>
        {list.data ? <UserTable users={list.data.users} names={names} me={me} /> : list.error === "" && <p class="quiet">{t("loading")}</p>}
      </section>
    </div>
  );
}
