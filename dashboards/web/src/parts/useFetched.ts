// Asks once: for lists that change with the configuration only, or with something that is followed anyway.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import type { Address } from "../api";

/** Undefined until the first answer came; asks again when version is another one. */
export function useFetched<T>(path: Address<T>, version = 0): T | undefined {
  const [data, set] = useState<T>();
  useEffect(() => {
    let over = false;
    api.get(path).then((d) => { if (!over) set(d); }, () => undefined);
    return () => { over = true; };
  }, [path, version]);
  return data;
}
