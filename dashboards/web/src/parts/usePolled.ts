// Asks again and again: for figures that come from ClickHouse and not over a stream.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import type { Address } from "../api";

export interface Polled<T> {
  data: T | undefined;
  error: unknown; // of the last try; data is then from before
}

/** path is made anew for each request; done says that an answer is final. */
export function usePolled<T>(path: () => Address<T>, everyMS: number, done: (data: T) => boolean = () => false): Polled<T> {
  const [state, set] = useState<Polled<T>>({ data: undefined, error: undefined });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const ask = async () => {
      let last = false;
      try {
        const data = await api.get(path());
        last = done(data);
        if (!over) set({ data, error: undefined });
      } catch (error) {
        if (!over) set((s) => ({ ...s, error }));
      }
      if (!over && !last) timer = setTimeout(() => void ask(), everyMS);
    };
    void ask();
    return () => { over = true; clearTimeout(timer); };
  }, [everyMS]);
  return state;
}
