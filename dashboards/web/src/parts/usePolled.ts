// Asks again and again: for figures that come from ClickHouse and not over a stream.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";

export interface Polled<T> {
  data: T | undefined;
  failed: boolean; // the last try; data is then from before
}

export function usePolled<T>(path: () => string, everyMS: number): Polled<T> {
  const [state, set] = useState<Polled<T>>({ data: undefined, failed: false });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const ask = async () => {
      try {
        const data = await get<T>(path());
        if (!over) set({ data, failed: false });
      } catch {
        if (!over) set((s) => ({ ...s, failed: true }));
      }
      if (!over) timer = setTimeout(() => void ask(), everyMS);
    };
    void ask();
    return () => { over = true; clearTimeout(timer); };
  }, [everyMS]);
  return state;
}
