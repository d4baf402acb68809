// Asks once: for lists that change with the configuration only.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";

/** Undefined until the answer came, and when it failed. */
export function useFetched<T>(path: string): T | undefined {
  const [data, set] = useState<T>();
  useEffect(() => {
    let over = false;
    get<T>(path).then((d) => { if (!over) set(d); }, () => undefined);
    return () => { over = true; };
  }, [path]);
  return data;
}
