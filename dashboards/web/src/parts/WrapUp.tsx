// What the call was about, and how much time is left to write it down. The form outlives the wrap-up: what is being written
// is not lost when the time is over.
import { useState } from "preact/hooks";
import { t, word } from "../i18n";
import { clock } from "../time";
import type { Change } from "./useAct";

interface Props {
  contact: string;
  caller: string;
  wrapping: boolean;
  until: string | undefined;
  at: number;
  codes: string[] | undefined; // undefined until known; empty = any text
  act: (change: Change) => Promise<boolean>;
}

export function WrapUp({ contact, caller, wrapping, until, at, codes, act }: Props) {
  const [saved, setSaved] = useState(false);
  const save = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setSaved(await act({ action: "disposition", contact, code: String(form.get("code")), note: String(form.get("note")) }));
  };
  return (
    <section class="card stack" data-test="wrap-up" data-contact={contact}>
      <div class="row apart">
        <h2>{caller === "" ? t("disposition") : t("disposition.of", { caller })}</h2>
        {wrapping && (
          <span class="row">
            {until && <span class="num quiet" data-test="wrap-up-left">{t("wrap.left", { time: clock(Date.parse(until) - at) })}</span>}
            <button data-test="wrap-up-more" onClick={() => void act({ action: "wrap_up_extend" })}>{t("control.wrap_up_extend")}</button>
            <button class="main" data-test="wrap-up-done" onClick={() => void act({ action: "wrap_up_done" })}>{t("control.wrap_up_done")}</button>
          </span>
        )}
      </div>
      <form class="row low" onSubmit={(e) => void save(e)} onInput={() => setSaved(false)}>
        <label class="field">{t("disposition")}
          {codes?.length === 0 ? <input name="code" required /> : (
            <select name="code" required>
              <option value="">{t("disposition.choose")}</option>
              {codes?.map((c) => <option key={c} value={c}>{word("disposition.", c)}</option>)}
            </select>
          )}
        </label>
        <label class="field wide">{t("note")}<textarea name="note" rows={1} maxLength={4000} /></label>
        <button data-test="save-disposition">{t("disposition.save")}</button>
        <span role="status">{saved && <span class="badge ready" data-test="saved">{t("disposition.saved")}</span>}</span>
      </form>
    </section>
  );
}
