// Whom a caller is handed on to, as the value of a choice.
import type { Target } from "../model";

/** "queue:sales" as the API wants it; undefined: nothing is chosen, or no number is written yet. */
export function parseTarget(chosen: string): Target | undefined {
  const at = chosen.indexOf(":");
  return at < 0 || at === chosen.length - 1 ? undefined : { kind: chosen.slice(0, at) as Target["kind"], id: chosen.slice(at + 1) };
}
