// What the call was about, and how much time is left to write it down.
import { useState } from "preact/hooks";
import { t, word } from "../i18n";
import { clock, useNow } from "../time";
import type { Act } from "./StateControls";

interface Props {
  contact: string;
  wrapping: boolean;
  until?: string | undefined;
  codes: string[];
  act: Act;
}

export function WrapUp({ contact, wrapping, until, codes, act }: Props) {
  const [saved, setSaved] = useState(false);
  const now = useNow();
  const save = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    await act({ action: "disposition", contact, code: String(form.get("code")), note: String(form.get("note")) });
    setSaved(true);
  };
  return (
    <section class="card stack" data-test="wrap-up">
      <div class="row apart">
        <h2>{t("disposition")}</h2>
        {wrapping && (
          <span class="row">
            {until && <span class="num quiet">{t("wrap.left", { time: clock(Date.parse(until) - now) })}</span>}
            <button onClick={() => void act({ action: "wrap_up_extend" })}>{t("action.wrap_up_extend")}</button>
            <button class="main" data-test="wrap-up-done" onClick={() => void act({ action: "wrap_up_done" })}>{t("action.wrap_up_done")}</button>
          </span>
        )}
      </div>
      <form class="stack" onSubmit={(e) => void save(e)}>
        <label class="field">{t("disposition")}
          <select name="code">{codes.map((c) => <option key={c} value={c}>{word("disposition.", c)}</option>)}</select>
        </label>
        <label class="field">{t("note")}<textarea name="note" /></label>
        <div class="row"><button data-test="save-disposition">{t("disposition.save")}</button>{saved && <span class="badge ready">{t("disposition.saved")}</span>}</div>
      </form>
    </section>
  );
}
