// A field for a text: label, hint, and what is wrong with it.
import { useId } from "preact/hooks";

interface Props {
  name: string;
  label: string;
  value: string;
  set: (value: string) => void;
  fault: string | undefined;
  hint?: string;
  type?: "text" | "password" | "date";
  autocomplete?: "off" | "new-password" | "current-password";
  min?: string;
  max?: string;
}

export function TextField({ name, label, value, set, fault, hint, type = "text", autocomplete = "off", min, max }: Props) {
  const id = useId();
  return (
    <div class="entry">
      <label class="field">{label}
        <input name={name} type={type} value={value} autocomplete={autocomplete} autocapitalize="none" spellcheck={false} min={min} max={max}
          aria-invalid={fault !== undefined} aria-describedby={id} onInput={(e) => set(e.currentTarget.value)} />
      </label>
      <p id={id} class={`flat small ${fault === undefined ? "quiet" : "wrong"}`} data-fault={fault && name}>{fault ?? hint}</p>
    </div>
  );
}
