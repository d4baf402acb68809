// API keys, one a line; those in force can be revoked.
import { useEffect, useRef } from "preact/hooks";
import type { MutableRef } from "preact/hooks";
import { t } from "../i18n";
import type { ApiKey } from "../model";
import { dateTime } from "../time";
import { limitsText } from "./LimitFields";
import { useMenu } from "./useMenu";
import type { OpenMenu } from "./useMenu";
import type { Names } from "./useNames";

const soon = 30 * 24 * 3_600_000; // a key that ends within it is marked

export const isOver = (k: ApiKey): boolean => k.revoked_at !== null || Date.parse(k.ends_at) <= Date.now();

interface Props {
  label: string;
  keys: ApiKey[];
  names: Names;
  revoke: ((id: string) => void) | undefined;
}

export function KeyTable({ label, keys, names, revoke }: Props) {
  const open = useRef<OpenMenu>(() => undefined);
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("keys.name")}</th><th scope="col">{t("keys.scopes")}</th><th scope="col">{t("limits")}</th><th scope="col">{t(revoke ? "keys.ends" : "keys.over")}</th>
              <th scope="col">{t("keys.used")}</th><th scope="col">{t("users.made")}</th>{revoke && <th scope="col"><span class="hidden">{t("keys.revoke")}</span></th>}
            </tr>
          </thead>
          <tbody>
            {keys.map((k) => (
              <tr key={k.id} data-key={k.id}>
                <td>{k.name}<div class="quiet small"><code>fl_{k.id}</code></div></td>
                <td><span class="crumbs">{k.scopes.map((s) => <code key={s} class="badge">{s}</code>)}</span></td>
                <td>{limitsText(k, names)}</td>
                <td class="figures"><Ends k={k} /></td>
                <td class="figures">{k.used_at ? dateTime(k.used_at) : <span class="quiet">{t("keys.unused")}</span>}</td>
                <td class="figures">{t("made", { time: dateTime(k.made_at), who: k.made_by || "–" })}</td>
                {revoke && (
                  <td class="num">
                    <button class="plain" aria-haspopup="true" aria-label={t("keys.revoke.of", { name: k.name })} data-test="key-revoke" onClick={(e) => open.current(k.id, e.currentTarget)}>{t("keys.revoke")}…</button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {revoke && <RevokeMenu keys={keys} open={open} revoke={revoke} />}
    </>
  );
}

function Ends({ k }: { k: ApiKey }) {
  if (k.revoked_at) return <><span class="badge unreachable">{t("keys.revoked")}</span> {t("made", { time: dateTime(k.revoked_at), who: k.revoked_by })}</>;
  const left = Date.parse(k.ends_at) - Date.now();
  return <>{dateTime(k.ends_at)}{left > 0 && left < soon && <> <span class="badge paused">{t("keys.soon")}</span></>}</>;
}

/** Asks once more before programs that use a key are shut out. */
function RevokeMenu({ keys, open, revoke }: { keys: ApiKey[]; open: MutableRef<OpenMenu>; revoke: (id: string) => void }) {
  const menu = useMenu(open);
  const k = keys.find((x) => x.id === menu.row);
  useEffect(() => { if (!k) menu.close(); }, [k === undefined]);
  return (
    <div class="menu" popover="auto" ref={menu.element} data-test="key-menu">
      {k && (
        <>
          <strong>{t("keys.revoke.means")}</strong>
          <button autofocus data-test="key-revoke-yes" onClick={() => { menu.close(); revoke(k.id); }}>{t("keys.revoke.of", { name: k.name })}</button>
        </>
      )}
    </div>
  );
}
