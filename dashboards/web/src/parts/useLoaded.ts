// Asks for something that the page itself changes: what came, what went wrong, and asking again.
import { useEffect, useState } from "preact/hooks";
import { api, explain } from "../api";
import type { Address } from "../api";

export interface Loaded<T> {
  data: T | undefined; // until the first answer; from before after a failure
  error: string; // of the last try; "" = none
  again: () => void;
}

export function useLoaded<T>(path: Address<T>): Loaded<T> {
  const [state, set] = useState<{ data: T | undefined; error: string }>({ data: undefined, error: "" });
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let over = false;
    api.get(path).then(
      (data) => { if (!over) set({ data, error: "" }); },
      (e: unknown) => { if (!over) set((old) => ({ ...old, error: explain(e) })); },
    );
    return () => { over = true; };
  }, [path, version]);
  return { ...state, again: () => setVersion((n) => n + 1) };
}
