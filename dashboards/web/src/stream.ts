// Server-sent events with a watch: when nothing comes for five seconds the stream counts as broken and is opened again.
import { useEffect, useRef, useState } from "preact/hooks";

const silence = 5_000;
const retry = 1_000;

export interface Stream {
  live: boolean;
  since: number; // when it was last heard
}

/** Follows a stream of events while the page shows it; each named event is handed on as parsed JSON. */
export function useStream(path: string, on: Record<string, (data: never) => void>): Stream {
  const [state, set] = useState<Stream>({ live: false, since: Date.now() });
  const handlers = useRef(on);
  handlers.current = on;
  useEffect(() => {
    let source: EventSource | undefined;
    let heard = Date.now();
    let retryAt = 0;
    const alive = () => {
      heard = Date.now();
      set((s) => (s.live ? s : { live: true, since: heard }));
    };
    const lost = () => {
      source?.close();
      source = undefined;
      retryAt = Date.now() + retry;
      set((s) => (s.live ? { live: false, since: heard } : s));
    };
    const open = () => {
      heard = Date.now();
      source = new EventSource("/api/v1" + path);
      source.onerror = lost;
      source.addEventListener("heartbeat", alive);
      for (const name of Object.keys(handlers.current)) {
        source.addEventListener(name, (event) => {
          alive();
          handlers.current[name]?.(JSON.parse((event as MessageEvent<string>).data) as never);
        });
      }
    };
    open();
    const watch = setInterval(() => {
      if (source && Date.now() - heard > silence) lost();
      else if (!source && Date.now() >= retryAt) open();
    }, 500);
    return () => {
      clearInterval(watch);
      source?.close();
    };
  }, [path]);
  return state;
}
