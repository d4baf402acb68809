// The names behind the ids of queues and agents.
import { at } from "../api";
import type { Named } from "../model";
import { useFetched } from "./useFetched";

export interface Names {
  queues: Named[];
  agents: Named[];
  teams: string[];
  queue: (id: string) => string;
  agent: (id: string) => string;
}

export function useNames(): Names {
  const queues = useFetched(at("/queues"))?.queues ?? [];
  const agents = useFetched(at("/agents"))?.agents ?? [];
  const teams = [...new Set(agents.flatMap((a) => a.teams))].sort();
  return { queues, agents, teams, queue: (id) => nameIn(queues, id), agent: (id) => nameIn(agents, id) };
}

export const nameIn = (list: readonly Named[], id: string): string => list.find((x) => x.id === id)?.name || id;
