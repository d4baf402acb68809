// One of several choices, with what it means: to tick, or one of a group.
interface Props {
  type: "checkbox" | "radio";
  name: string;
  value: string;
  label: string;
  means?: string;
  checked: boolean;
  set: (checked: boolean) => void;
}

export function Choice({ type, name, value, label, means, checked, set }: Props) {
  return (
    <label class="choice">
      <input type={type} name={name} value={value} checked={checked} onInput={(e) => set(e.currentTarget.checked)} />
      <span>{label}{means && <span class="quiet small">{means}</span>}</span>
    </label>
  );
}
