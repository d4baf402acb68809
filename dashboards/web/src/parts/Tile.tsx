// One figure with its name.
import type { ComponentChildren } from "preact";

export type Mood = "" | "good" | "warn" | "bad";

export function Tile({ label, value, more, mood = "", test }: { label: string; value: ComponentChildren; more?: string | undefined; mood?: Mood; test?: string }) {
  return (
    <div class={`tile ${mood}`} data-test={test}>
      <span class="label">{label}</span>
      <span class="value">{value}</span>
      {more !== undefined && <span class="more num">{more}</span>}
    </div>
  );
}
