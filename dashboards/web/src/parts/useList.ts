// A list that comes page by page.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain, patient } from "../api";
import type { Address } from "../api";
import type { Page } from "../model";

export interface List<P extends Page<unknown>> {
  first: P | undefined; // the first page, with what it says of the whole list
  items: P["items"];
  loading: boolean;
  error: string; // "" = none
  more: (() => void) | undefined; // asks for the next page, when there is one
}

/**
 * The pages of a search that were asked for so far. A new filter object asks anew, also when nothing in it changed; path is made
 * of it then. An answer to a search that was changed meanwhile is dropped.
 */
export function useList<P extends Page<unknown>, F extends object>(filter: F, path: (filter: F) => Address<P>): List<P> {
  const [pages, setPages] = useState<P[]>([]);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState("");
  const search = useRef({ path: "" as Address<P>, number: 0 });
  const load = async (cursor: string | null) => {
    const { path: asked, number } = search.current;
    setLoading(true);
    try {
      const page = await patient.get(`${asked}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}` as Address<P>);
      if (number !== search.current.number) return;
      setPages((old) => (cursor ? [...old, page] : [page]));
      setError("");
    } catch (e) {
      if (number !== search.current.number) return;
      if (!cursor) setPages([]);
      setError(explain(e));
    }
    setLoading(false);
  };
  useEffect(() => {
    search.current = { path: path(filter), number: search.current.number + 1 };
    void load(null);
  }, [filter]);
  const next = pages.at(-1)?.next;
  return { first: pages[0], items: pages.flatMap((p) => p.items), loading, error, more: next ? () => void load(next) : undefined };
}
