// Changing an agent's state, a supervisor's part in a talk, and who waits where: the request, and what went wrong with the last one.
import { useState } from "preact/hooks";
import { explain, once, request } from "../api";
import type { MonitorMode, Target } from "../model";

export interface Change {
  action: "login" | "logout" | "ready" | "pause" | "wrap_up_done" | "wrap_up_extend" | "disposition";
  reason?: string;
  code?: string;
  note?: string;
  contact?: string;
  seat?: string; // login: where
}

export interface Listening {
  action: "monitor" | "unmonitor" | "take_over";
  mode?: MonitorMode;
  agent?: string;
}

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
  const send = async (path: string, body: Change | Listening | { priority: number } | { to: Target }) => {
    try {
      await request("POST", path, body, once());
      setError("");
      return true;
    } catch (e) {
      setError(explain(e));
      return false;
    }
  };
  return {
    act: (agent, change) => send(`/agents/${encodeURIComponent(agent)}/state`, change),
    listen: (contact, what) => send(`/contacts/${encodeURIComponent(contact)}/monitor`, what),
    waiting: {
      prioritise: (contact, priority) => send(`/contacts/${encodeURIComponent(contact)}/priority`, { priority }),
      move: (contact, to) => send(`/contacts/${encodeURIComponent(contact)}/move`, { to }),
    },
    error,
  };
}
