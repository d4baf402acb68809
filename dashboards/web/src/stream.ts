// Server-sent events with a watch: when nothing comes for five seconds the stream counts as broken and is opened again.
import { useEffect, useRef, useState } from "preact/hooks";
import type { LiveEvent, LivePath } from "../../client/client";
import { checkSession } from "./api";
import { sessionEnded } from "./session";

const silence = 5_000;
const retry = 1_000;

export interface Stream {
  state: "connecting" | "live" | "lost"; // connecting only until the first answer
  heard: number; // last time, by this machine's clock, before it was lost
}

/** What is done with each event of a stream. */
export type Handlers<P extends LivePath> = { [E in LiveEvent<P> as E["event"]]?: (data: E["data"]) => void };

/** Follows a stream of events while the page shows it; each named event is handed on. */
export function useStream<P extends LivePath>(path: P, on: NoInfer<Handlers<P>>): Stream {
  const [state, set] = useState<Stream>({ state: "connecting", heard: Date.now() });
  const handlers = useRef(on as Record<string, (data: unknown) => void>);
  handlers.current = on as Record<string, (data: unknown) => void>;
  useEffect(() => {
    let source: EventSource | undefined;
    let heard = Date.now();
    let opened = 0;
    const alive = () => {
      heard = Date.now();
      set((s) => (s.state === "live" ? s : { state: "live", heard }));
    };
    const lost = () => {
      if (source?.readyState === EventSource.CLOSED) void checkSession(); // refused, not cut
      source?.close();
      source = undefined;
      set((s) => (s.state === "lost" ? s : { state: "lost", heard }));
    };
    const open = () => {
      opened = Date.now();
      source = new EventSource("/api/v1" + path);
      source.onerror = lost;
      source.addEventListener("heartbeat", alive);
      source.addEventListener("signed_out", sessionEnded);
      for (const name of Object.keys(handlers.current)) {
        source.addEventListener(name, (event) => {
          alive();
          handlers.current[name]?.(JSON.parse((event as MessageEvent<string>).data) as unknown);
        });
      }
    };
    open();
    const watch = setInterval(() => {
      const now = Date.now();
      if (!source) {
        if (now - opened >= retry) open();
      } else if (now - Math.max(heard, opened) > silence) lost();
    }, 500);
    return () => {
      clearInterval(watch);
      source?.close();
    };
  }, [path]);
  return state;
}
