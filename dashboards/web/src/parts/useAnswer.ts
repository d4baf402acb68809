// Asks once for what the reader chose, and again when he chooses anew.
import { useEffect, useState } from "preact/hooks";
import { explain, patient } from "../api";
import type { Address } from "../api";

export interface Answered<T> {
  data: T | undefined;
  error: string; // "" = none
  loading: boolean;
}

/** A new object asks again, also when nothing in it changed. An answer to what was changed meanwhile is dropped. */
export function useAnswer<A extends object, T>(asked: A, address: (asked: A) => Address<T>): Answered<T> {
  const [state, set] = useState<Answered<T>>({ data: undefined, error: "", loading: true });
  useEffect(() => {
    let over = false;
    set((old) => ({ ...old, loading: true }));
    patient.get(address(asked)).then(
      (data) => { if (!over) set({ data, error: "", loading: false }); },
      (e: unknown) => { if (!over) set({ data: undefined, error: explain(e), loading: false }); },
    );
    return () => { over = true; };
  }, [asked]);
  return state;
}
