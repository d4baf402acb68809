// A secret that nobody can read again afterwards: shown, to be copied, and put away by who read it.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";

interface Props {
  title: string;
  label: string;
  secret: string;
  warning: string;
  done: () => void;
}

export function ShownOnce({ title, label, secret, warning, done }: Props) {
  const [copied, setCopied] = useState<"" | "copied" | "failed">("");
  const input = useRef<HTMLInputElement>(null);
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => section.current?.focus(), []); // the form that had the focus is gone
  const copy = async () => {
    input.current?.select();
    setCopied((await put(secret)) ? "copied" : "failed");
  };
  return (
    <section ref={section} tabIndex={-1} class="card stack tight once" aria-label={title} data-test="once">
      <h2>{title}</h2>
      <p class="flat"><strong>{warning}</strong></p>
      <div class="row low">
        <label class="field wide">{label}<input ref={input} readOnly value={secret} class="secret" data-test="secret" onFocus={(e) => e.currentTarget.select()} /></label>
        <button class="main" data-test="copy" onClick={() => void copy()}>{t("once.copy")}</button>
        <button data-test="once-done" onClick={done}>{t("once.done")}</button>
      </div>
      <p class="flat small quiet" role="status" data-test="copied">{copied !== "" && t(`once.${copied}`)}</p>
    </section>
  );
}

/** Pages that came over plain HTTP have no clipboard of their own; what is selected can be copied there all the same. */
async function put(secret: string): Promise<boolean> {
  try {
    if ("clipboard" in navigator) {
      await navigator.clipboard.writeText(secret);
      return true;
    }
  } catch {
    // refused by the browser: the old way is left
  }
  return document.execCommand("copy");
}
