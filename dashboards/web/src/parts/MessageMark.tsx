// Whether somebody has dealt with a message: it is marked here, with a note, and the mark is taken back.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { api, explain } from "../api";
import { t } from "../i18n";
import type { Mark, Message } from "../model";
import { dateTime } from "../time";

interface Props {
  m: Message;
  me: string; // who is signed in
  of: { caller: string; time: string };
}

export function MessageMark({ m, me, of }: Props) {
  const [made, setMade] = useState<{ mark: Mark; before: string | null }>(); // here, and perhaps not loaded yet
  const [writing, setWriting] = useState(false);
  const [refused, setRefused] = useState("");
  const cell = useRef<HTMLDivElement>(null);
  const leave = () => {
    setWriting(false);
    cell.current?.focus(); // what had the focus is gone
  };
  const mark: Mark = made && made.before === m.done_at ? made.mark : m;
  const send = async (done: boolean, note: string) => {
    const path = { id: m.contact, n: m.number };
    try {
      await (done
        ? api.send("put", "/voicemails/{id}/{n}/done", { path, body: { note }, once: true })
        : api.send("delete", "/voicemails/{id}/{n}/done", { path, once: true }));
      setMade({ mark: { done, done_at: done ? new Date().toISOString() : null, done_by: done ? me : "", note: done ? note : "" }, before: m.done_at });
      setRefused("");
      leave();
    } catch (e) {
      setRefused(explain(e));
    }
  };
  return (
    <div ref={cell} tabIndex={-1} class="stack tight" data-test="mark" data-done={mark.done}>
      {refused !== "" && <p class="flat wrong" role="alert">{refused}</p>}
      <div role="status">
        {mark.done && <><span class="badge answered">{t("messages.done")}</span> <span class="quiet small">{t("messages.done.by", { who: mark.done_by, time: mark.done_at ? dateTime(mark.done_at) : "" })}</span></>}
        {mark.done && mark.note !== "" && <p class="flat" data-test="mark-note">{mark.note}</p>}
      </div>
      {mark.done
        ? <div><button class="plain" data-test="unmark" aria-label={t("messages.unmark.of", of)} onClick={() => void send(false, "")}>{t("messages.unmark")}</button></div>
        : writing
          ? <NoteForm of={of} save={(note) => send(true, note)} leave={leave} />
          : <div><button data-test="mark-done" aria-label={t("messages.mark.of", of)} onClick={() => setWriting(true)}>{t("messages.mark")}…</button></div>}
    </div>
  );
}

function NoteForm({ of, save, leave }: Pick<Props, "of"> & { save: (note: string) => Promise<void>; leave: () => void }) {
  const [sending, setSending] = useState(false);
  const note = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => note.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    await save(note.current?.value.trim() ?? "");
    setSending(false);
  };
  return (
    <form class="row low" onSubmit={(e) => void submit(e)} onKeyDown={(e) => { if (e.key === "Escape") leave(); }}>
      <label class="field">{t("messages.note")}<input ref={note} name="note" maxLength={500} /></label>
      <button class="main" data-test="mark-save" aria-label={t("messages.mark.of", of)} disabled={sending}>{t("messages.mark.save")}</button>
      <button type="button" class="plain" data-test="mark-leave" onClick={leave}>{t("messages.mark.leave")}</button>
    </form>
  );
}
