// A list that comes page by page.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, explain } from "../api";
import type { Address } from "../api";
import type { Page } from "../model";

export interface List<T> {
  items: T[];
  loading: boolean;
  error: string; // "" = none
  more: (() => void) | undefined; // asks for the next page, when there is one
}

/**
 * The pages of a search that were asked for so far. A new filter object asks anew, also when nothing in it changed; path is made
 * of it then. An answer to a search that was changed meanwhile is dropped.
 */
export function useList<T, F extends object>(filter: F, path: (filter: F) => Address<Page<T>>): List<T> {
  const [items, setItems] = useState<T[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState("");
  const search = useRef({ path: "" as Address<Page<T>>, number: 0 });
  const load = async (cursor: string | null) => {
    const { path: asked, number } = search.current;
    setLoading(true);
    try {
      const page = await api.get(`${asked}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}` as Address<Page<T>>);
      if (number !== search.current.number) return;
      setItems((old) => (cursor ? [...old, ...page.items] : page.items));
      setNext(page.next);
      setError("");
    } catch (e) {
      if (number !== search.current.number) return;
      if (!cursor) setItems([]);
      setError(explain(e));
    }
    setLoading(false);
  };
  useEffect(() => {
    search.current = { path: path(filter), number: search.current.number + 1 };
    setNext(null);
    void load(null);
  }, [filter]);
  return { items, loading, error, more: next ? () => void load(next) : undefined };
}
