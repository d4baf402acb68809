// Changing an agent's state, a supervisor's part in a talk, and who waits where: the request, and what went wrong with the last one.
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/client";
import { api, explain } from "../api";
import type { Target } from "../model";

export type Change = Schemas["ControlInputBody"];
export type Listening = Schemas["MonitorInputBody"];

/** Resolves to whether it was done. */
export type Act = (agent: string, change: Change) => Promise<boolean>;
export type Listen = (contact: string, what: Listening) => Promise<boolean>;

/** What can be done with a caller who waits. */
export interface Waiting {
  prioritise: (contact: string, priority: number) => Promise<boolean>;
  move: (contact: string, to: Target) => Promise<boolean>;
}

export function useAct(): { act: Act; listen: Listen; waiting: Waiting; error: string } {
  const [error, setError] = useState("");
  const told = async (request: Promise<unknown>) => {
    setError(""); // of the one before: this one's result may show elsewhere sooner than it answers
    try {
      await request;
      return true;
    } catch (e) {
      setError(explain(e));
      return false;
    }
  };
  return {
    act: (id, body) => told(api.send("post", "/agents/{id}/state", { path: { id }, body, once: true })),
    listen: (id, body) => told(api.send("post", "/contacts/{id}/monitor", { path: { id }, body, once: true })),
    waiting: {
      prioritise: (id, priority) => told(api.send("post", "/contacts/{id}/priority", { path: { id }, body: { priority }, once: true })),
      move: (id, to) => told(api.send("post", "/contacts/{id}/move", { path: { id }, body: { to }, once: true })),
    },
    error,
  };
}
