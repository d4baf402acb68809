// Changing an agent's state: the request, and what went wrong with the last one.
import { useState } from "preact/hooks";
import { explain, once, request } from "../api";

export interface Change {
  action: "login" | "logout" | "ready" | "pause" | "wrap_up_done" | "wrap_up_extend" | "disposition";
  reason?: string;
  code?: string;
  note?: string;
  contact?: string;
}

/** Resolves to whether it was done. */
export type Act = (agent: string, change: Change) => Promise<boolean>;

export function useAct(): { act: Act; error: string } {
  const [error, setError] = useState("");
  const act: Act = async (agent, change) => {
    try {
      await request("POST", `/agents/${encodeURIComponent(agent)}/state`, change, once());
      setError("");
      return true;
    } catch (e) {
      setError(explain(e));
      return false;
    }
  };
  return { act, error };
}
