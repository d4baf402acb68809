// The keys of programs: those in force, those that are over, and making one.
import { useRef, useState } from "preact/hooks";
import { api, at, explain } from "../api";
import { t } from "../i18n";
import type { NewKey } from "../model";
import { KeyForm } from "../parts/KeyForm";
import { isOver, KeyTable } from "../parts/KeyTable";
import { ShownOnce } from "../parts/ShownOnce";
import { useLoaded } from "../parts/useLoaded";
import { useNames } from "../parts/useNames";

export function Keys() {
  const list = useLoaded(at("/keys"));
  const names = useNames();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewKey>();
  const [refused, setRefused] = useState("");
  const make = useRef<HTMLButtonElement>(null);
  const leave = () => {
    setMaking(false);
    make.current?.focus(); // what had the focus is gone
  };
  const revoke = async (id: string) => {
    try {
      await api.send("delete", "/keys/{id}", { path: { id } });
      setRefused("");
    } catch (e) {
      setRefused(explain(e));
    }
    list.again();
    make.current?.focus(); // the row is gone
  };
  const keys = list.data?.keys ?? [];
  const [valid, over] = [keys.filter((k) => !isOver(k)), keys.filter(isOver)];
  return (
    <div class="stack">
      <div class="row apart">
        <h1>{t("keys.title")}</h1>
        <button ref={make} class="main" data-test="key-new" aria-expanded={making} onClick={() => { setMade(undefined); setMaking(!making); }}>{t("keys.make")}…</button>
      </div>
      {making && <KeyForm names={names} leave={leave} made={(key) => { setMade(key); leave(); list.again(); }} />}
      {made && <ShownOnce title={t("keys.made", { name: made.name })} label={t("keys.key")} secret={made.key} warning={t("keys.once")} done={() => { setMade(undefined); make.current?.focus(); }} />}
      {[list.error, refused].filter((e) => e !== "").map((e) => <div key={e} class="banner bad" role="alert" data-test="error">{e}</div>)}
      <section class="card" data-test="keys" aria-busy={!list.data}>
        <h2>{t("keys.valid")}</h2>
        {valid.length > 0
          ? <KeyTable label={t("keys.valid")} keys={valid} names={names} revoke={(id) => void revoke(id)} />
          : <p class="flat quiet" data-test="keys-none">{t(list.data ? "keys.none" : list.error === "" ? "loading" : "contacts.unknown")}</p>}
      </section>
      {over.length > 0 && (
        <section class="card" data-test="keys-over">
          <h2>{t("keys.gone")}</h2>
          <KeyTable label={t("keys.gone")} keys={over} names={names} revoke={undefined} />
        </section>
      )}
    </div>
  );
}
