// The open callbacks: what is known of each comes from ClickHouse every few seconds, its place in the line from the wallboard's stream.
import { useEffect, useRef, useState } from "preact/hooks";
import type { MutableRef } from "preact/hooks";
import { api, at, explain } from "../api";
import { t, word } from "../i18n";
import type { Callback, Caller, Freshness, WallboardNow } from "../model";
import { useStream } from "../stream";
import { clock, dateTime, noteServerTime, timeOfDay, useNow } from "../time";
import { queryOf } from "./ContactFilter";
import { useMenu } from "./useMenu";
import type { OpenMenu } from "./useMenu";
import { nameIn } from "./useNames";
import type { Names } from "./useNames";
import { usePolled } from "./usePolled";

const most = 500; // what the API gives at once
const oldest = "720"; // hours: those that were promised before that have expired

export function OpenCallbacks({ queue, names }: { queue: string; names: Names }) {
  const { data, error } = usePolled(() => at("/callbacks", { query: { ...queryOf({ hours: oldest, queue }), state: "open", limit: most } }), 3_000);
  const live = useLive();
  const [cancelled, setCancelled] = useState<string[]>([]); // here, and not in the list yet
  const [refused, setRefused] = useState("");
  const open = useRef<OpenMenu>(() => undefined);
  const now = useNow();
  const place = (c: Callback) => live?.queues.flatMap((q) => q.callers).find((caller) => caller.contact === c.callback);
  const items = (data?.items ?? []).map((c) => ({ c, caller: place(c) })).sort(nextFirst);
  const cancel = async (id: string) => {
    try {
      await api.send("delete", "/callbacks/{id}", { path: { id }, once: true });
      setCancelled((ids) => [...ids, id]);
      setRefused("");
    } catch (e) {
      setRefused(explain(e));
    }
  };
  const wrong = refused || (error === undefined ? "" : explain(error));
  return (
    <section class="card" data-test="callbacks" aria-busy={data === undefined && error === undefined}>
      <h2>{t("callbacks.open")}</h2>
      {wrong !== "" && <div class="banner bad" role="alert" data-test="callbacks-error">{wrong}</div>}
      {items.length === 0 ? <p class="quiet" data-test="callbacks-none">{t(data ? "callbacks.open.none" : error === undefined ? "loading" : "contacts.unknown")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("callbacks.open")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("callbacks.caller")}</th><th scope="col">{t("customer")}</th><th scope="col">{t("queue")}</th><th scope="col">{t("callbacks.asked")}</th>
                <th scope="col">{t("callbacks.stands")}</th><th scope="col">{t("callbacks.attempts")}</th><th scope="col">{t("callbacks.last")}</th>
                <th scope="col"><span class="hidden">{t("callbacks.cancel")}</span></th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ c, caller }) => (
                <tr key={c.callback} data-callback={c.callback} data-why={caller ? "" : c.why ?? ""}>
                  <td><a href={`/contacts/${encodeURIComponent(c.callback)}`}>{calleeOf(c)}</a></td>
                  <td class="figures">{knownOf(c)}</td>
                  <td>{names.queue(caller?.callback?.queue ?? c.queue)}</td>
                  <td class="figures"><a href={`/contacts/${encodeURIComponent(c.origin)}`} title={dateTime(c.promised_at)}>{t("callbacks.ago", { time: clock(now - Date.parse(c.promised_at)) })}</a></td>
                  <td class={c.why === "incident" ? "" : "figures"}><Standing c={c} caller={caller} live={live} names={names} /></td>
                  <td class="figures">{t("callbacks.attempts.of", { n: c.attempts, of: c.of })}</td>
                  <td class="figures">{c.last_result ? `${word("tried.", c.last_result)}, ${c.last_at ? whenOf(c.last_at, now) : ""}` : <span class="quiet">{t("callbacks.none")}</span>}</td>
                  <td class="num">
                    {cancelled.includes(c.callback)
                      ? <span class="quiet" role="status">{t("callbacks.cancelled")}</span>
                      : <button class="plain" aria-haspopup="true" aria-label={t("callbacks.cancel.of", { caller: calleeOf(c) })} data-test="callback-cancel"
                        disabled={caller?.callback?.reached} onClick={(e) => open.current(c.callback, e.currentTarget)}>{t("callbacks.cancel")}…</button>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data?.next && <p class="quiet">{t("callbacks.open.most", { n: most })}</p>}
      <CancelMenu items={data?.items ?? []} open={open} cancel={(id) => void cancel(id)} />
    </section>
  );
}

/** The state of now, or undefined before it came and while it is not known. */
function useLive(): WallboardNow | undefined {
  const [state, setState] = useState<WallboardNow>();
  const note = (f: Freshness) => { if (!f.stale) noteServerTime(f.as_of); };
  const stream = useStream("/live/wallboard", {
    state: (s) => { note(s); setState(s); },
    heartbeat: (f) => { note(f); setState((s) => (s ? { ...s, ...f } : s)); },
  });
  return stream.state === "live" && !state?.stale ? state : undefined;
}

interface Row {
  c: Callback;
  caller: Caller | undefined; // he stands in the line
}

/** Those in the line first, by queue and place; then by when they come into it; those who wait for an incident's end last. */
function nextFirst(a: Row, b: Row): number {
  const rank = ({ c, caller }: Row) => (caller || !c.why ? 0 : c.until ? 1 : 2);
  const key = ({ c, caller }: Row) => (caller ? `${c.queue} ${String(caller.position).padStart(5, "0")}` : c.until ?? c.promised_at);
  return rank(a) - rank(b) || key(a).localeCompare(key(b));
}

/** How it stands: the line as it is now goes before what was loaded a moment ago. */
function Standing({ c, caller, live, names }: Row & { live: WallboardNow | undefined; names: Names }) {
  const now = useNow();
  if (caller?.callback?.reached) return <span class="badge talking">{t("stage.callback.reached")}</span>;
  if (caller?.stage === "ringing") return <span class="badge ringing">{t("stage.ringing", { agent: (caller.rings ?? []).map(names.agent).join(", ") })}</span>;
  if (caller) return <>{t("callbacks.place", { position: caller.position })}</>;
  if (!c.why) return <>{t("callbacks.line")}</>;
  const incidents = c.incidents.map((id) => nameIn(live?.incidents ?? [], id)).join(", ");
  return <>{t(`callbacks.off.${c.why}`, { time: c.until ? whenOf(c.until, now) : "–", incidents })}</>;
}

/** The time alone within twelve hours. */
function whenOf(at: string, now: number): string {
  return Math.abs(Date.parse(at) - now) < 12 * 3_600_000 ? timeOfDay(at) : dateTime(at);
}

/** Who is called; phones send the number as the name. */
export function calleeOf(c: Callback): string {
  const number = c.number || t("caller.withheld");
  return c.name && c.name !== c.number ? `${c.name}, ${number}` : number;
}

/** What is known of him: customer and ticket. */
export const knownOf = (c: Callback): string => [c.customer, c.ticket?.id].filter(Boolean).join(" · ");

/** Asks once more before a callback is cancelled. */
function CancelMenu({ items, open, cancel }: { items: Callback[]; open: MutableRef<OpenMenu>; cancel: (id: string) => void }) {
  const menu = useMenu(open);
  const c = items.find((i) => i.callback === menu.row);
  useEffect(() => { if (!c) menu.close(); }, [c === undefined]);
  return (
    <div class="menu" popover="auto" ref={menu.element} data-test="callback-menu">
      {c && (
        <>
          <strong>{calleeOf(c)}</strong>
          <button autofocus data-test="callback-cancel-yes" onClick={() => { menu.close(); cancel(c.callback); }}>{t("callbacks.cancel.of", { caller: calleeOf(c) })}</button>
        </>
      )}
    </div>
  );
}
