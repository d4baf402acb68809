// The JSON of the API as the pages use it (docs/api.md). Times are RFC 3339, durations milliseconds.

export interface Me {
  name: string;
  label: string;
  role: "agent" | "supervisor" | "admin" | "integrator";
  agent?: string;
  phone?: string; // the agent entry whose phone listens to talks
  queues?: string[]; // he is limited to
  teams?: string[];
  configured: boolean; // his password or PIN is changed in the configuration
}

/** To which queues and teams somebody is limited; both empty: to none. */
export interface Limited {
  queues: string[];
  teams: string[];
}

/** What a user may do. */
export interface Rights extends Limited {
  role: "supervisor" | "admin" | "integrator";
  masked: boolean;
  phone: string;
}

export interface User extends Rights {
  name: string;
  configured: boolean; // he stands in the configuration, and is changed there
  made_at: string | null;
  made_by: string;
  disabled_at: string | null;
}

export type Scope = "metrics.read" | "contacts.read" | "personal.read" | "recordings.read" | "agents.control" | "calls.control" | "tickets.write" | "admin";

export interface ApiKey extends Limited {
  id: string;
  name: string;
  scopes: Scope[];
  made_at: string;
  made_by: string;
  ends_at: string;
  used_at: string | null;
  revoked_at: string | null;
  revoked_by: string;
}

/** One line of the audit log. */
export interface AuditEntry {
  id: number;
  time: string;
  actor: string;
  role: string;
  address: string;
  action: string;
  object: string;
  result: string;
  request: string;
}

export interface Freshness {
  as_of: string | null;
  stale: boolean;
  link: boolean;
  durable: boolean;
}

export type AgentState = "logged_out" | "ready" | "paused" | "ringing" | "talking" | "wrap_up" | "calling" | "outside" | "unreachable";

export interface TicketRef {
  system: string;
  id: string;
  title?: string;
  url?: string;
  status?: string;
}

export interface Caller {
  contact: string;
  stage: "waiting" | "ringing";
  position: number;
  priority: number;
  queued_at: string;
  language: string;
  customer?: string;
  ticket?: TicketRef;
  agent?: string;
  asks?: string; // the agent who waits in his place
  rings?: string[]; // all agents whose phones ring for him
  callback?: CallbackNow; // he is called back, and no agent has talked to him yet
}

/** How a callback stands. */
export interface CallbackNow {
  origin: string;
  queue: string;
  promised_at: string;
  attempts: number;
  of: number;
  expires_at: string;
  reached?: boolean; // he is on the line
}

export interface QueueNow {
  id: string;
  name: string;
  service_level_ms: number;
  waiting: number;
  ringing: number;
  callbacks: number; // of the waiting, not on the line
  put_off: number; // callbacks outside the line
  talking: number;
  oldest_queued_at: string | null;
  agents: Record<AgentState | "logged_in", number>;
  callers: Caller[];
}

export type MonitorMode = "listen" | "whisper" | "barge";

/** A supervisor's part in a talk. */
export interface Monitor {
  monitor: string;
  supervisor: string;
  agent: string;
  mode: MonitorMode;
  since: string;
}

export interface AgentNow {
  id: string;
  name: string;
  endpoint: string; // "" = he has no phone of his own and sits nowhere
  seat?: string; // where he sits who has no phone of his own
  queues: string[];
  state: AgentState;
  reason?: string;
  since: string;
  contact?: string;
  queue?: string;
  missed: number;
  monitors?: Monitor[]; // who listens
  unheard?: { contact: string; agent: string; result: string; ended_at: string }; // his last request to listen, when it came to nothing
  next?: AgentState; // chosen for after the call
  wrap_until?: string; // on the desk only
}

export interface IncidentNow {
  id: string;
  name: string;
  on: boolean;
  since?: string;
  actor?: string;
}

export interface WallboardNow extends Freshness {
  contacts: { ivr: number; waiting: number; ringing: number; talking: number; wrap_up: number; put_off: number };
  queues: QueueNow[];
  agents: AgentNow[];
  incidents: IncidentNow[];
}

export interface AgentContact {
  id: string;
  kind: string;
  stage: "ivr" | "waiting" | "ringing" | "talking" | "wrap_up";
  arrived_at: string;
  language: string;
  customer?: string;
  ticket?: TicketRef;
  segments: { segment: string; kind: "talk" | "hold" | "wrap_up"; agent: string; queue: string; since: string }[];
  transfer: { transfer: string; agent: string; to: Target["kind"]; target: string; since: string; with?: string; answered?: boolean } | null; // answered: who was asked at a number outside has
  vain: { agent: string; to: Target["kind"]; target: string; result: string; ended_at: string } | null; // his last asking, when nobody was reached
  monitors: Monitor[]; // who listens
  muted: boolean; // nobody in the talk hears him
  recording: { recording: string; queue: string; since: string; paused?: boolean } | null; // that goes on
  outside: { transfer: string; target: string; since: string }[]; // people at numbers outside in the talk
}

/** Whom a caller is handed on to. */
export interface Target {
  kind: "queue" | "agent" | "menu" | "number";
  id: string;
}

export interface Targets {
  queues: { id: string; name: string; ready: number; waiting: number }[];
  agents: { id: string; name: string; state: AgentState }[];
  menus: string[];
}

export interface DeskNow extends Freshness {
  agent: AgentNow | null; // null while the controller is not reached or doesn't know the agent
  contact: AgentContact | null;
}

export interface QueueBrief {
  id: string;
  name: string;
  waiting: number;
  oldest_queued_at: string | null;
  ready: number;
}

export interface Popup {
  pop: string;
  contact: string;
  offer: string;
  queue: string;
  offered_at: string;
  caller_number: string;
  caller_name?: string;
  customer?: string;
  customer_name?: string;
  language: string;
  wait_ms: number;
  choices: string[] | null;
  ticket?: TicketRef;
}

/** A phone at which agents sit by turns. */
export interface Seat {
  id: string;
  name: string;
  agent?: string; // who sits there
  label?: string; // his name
}

export interface Settings {
  pause_reasons: string[];
  dispositions: string[];
  record_on_demand: string[]; // queues whose agents may ask for a recording
}

export interface Ratio {
  numerator: number;
  denominator: number;
  percent: number | null;
}

export interface Stat {
  count: number;
  sum_ms: number;
  mean_ms: number | null;
  p50_ms: number | null;
  p90_ms: number | null;
  max_ms: number | null;
}

export interface QueueRow {
  interval: { from: string; until: string };
  queue: string | null;
  offered: number | null;
  answered: number;
  abandoned: number | null;
  still_waiting: number | null;
  service_level: { threshold_ms: number | null; offered: Ratio | null };
  speed_of_answer: Stat;
}

export interface Today {
  as_of: string;
  watermark: string | null;
  late: number;
  total: QueueRow;
  queues: QueueRow[];
  series: QueueRow[];
}

export interface AgentReport {
  rows: {
    answered: number;
    talk: { mean_ms: number | null };
    handle: { mean_ms: number | null };
    offers: { missed: number };
    time: { occupancy: Ratio; paused_billable_ms: number; paused_not_billable_ms: number } | null;
  }[];
}

export interface Named {
  id: string;
  name: string;
}

export interface ContactBrief {
  id: string;
  kind: string;
  open: boolean;
  arrived_at: string;
  ended_at: string | null;
  duration_ms: number | null;
  language: string;
  dialed: string;
  caller_number: string | null;
  caller_name: string | null;
  customer: string;
  ticket: TicketRef | null;
  queues: string[];
  agents: string[];
  result: string | null;
  reason: string | null;
  wait_ms: number | null;
  talk_ms: number | null;
  ivr_ms: number | null;
  hold_ms: number | null;
  wrap_up_ms: number | null;
}

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null; // cursor of the next one
}

/** A contact with everything that happened to it. */
export type Timeline = ContactBrief & { facts: Moment[] };

export interface Moment {
  id: string;
  time: string;
  type: string;
  data: Record<string, unknown>;
}

export interface Recording {
  recording: string;
  number: string; // within the contact: r1
  queue: string;
  agent: string; // "" of a message
  cause: string;
  state: "recording" | "ended" | "kept" | "lost" | "deleted";
  result: string | null;
  started_at: string;
  duration_ms: number | null;
  paused_ms: number;
  keep_until: string | null;
  error: string | null;
  audio: string | null; // where it is heard
}

/** Whether somebody has dealt with a message; the rest is empty while nobody has. */
export interface Mark {
  done: boolean;
  done_at: string | null;
  done_by: string;
  note: string;
}

/** A message that a caller left. */
export interface Message extends Mark {
  contact: string;
  recording: string;
  number: string; // the last part of that
  queue: string;
  caller_number: string;
  caller_name: string;
  customer: string;
  started_at: string;
  duration_ms: number;
  state: "ended" | "kept" | "lost" | "deleted";
  error: string | null;
  audio: string | null; // where it is heard
}

/** A caller who is, or was to be, called back. */
export interface Callback {
  callback: string; // its contact
  origin: string; // the contact in which he asked for it
  state: string; // open, or its outcome
  queue: string;
  number: string;
  name: string;
  customer: string;
  ticket: TicketRef | null;
  promised_at: string;
  attempts: number;
  of: number;
  last_result: string | null;
  last_at: string | null;
  why: "closed" | "retry" | "incident" | null; // it is put off
  until: string | null;
  incidents: string[];
  expires_at: string;
  ended_at: string | null;
  agent: string;
  actor: string;
}

/** The report on data quality. */
export interface QualityReport {
  watermark: string | null;
  late: number;
  open: { contacts: number; entries: number; offers: number; segments: number };
  totals: DefectTotal[];
  rows: DefectRow[];
  examples: Defect[];
  loads: LoadRow[];
}

export interface DefectTotal {
  kind: string;
  count: number;
}

export interface DefectRow extends DefectTotal {
  interval: { from: string };
  source: string;
  node: string;
}

/** One fact that is wrong. */
export interface Defect {
  kind: string;
  fact: string;
  type: string;
  contact: string | null;
  subject: string;
  time: string;
  loaded_at: string;
  count: number;
  by_ms: number;
}

/** What the loader met in an interval. */
export interface LoadRow {
  interval: { from: string };
  topic: string;
  facts: number;
  repeats: number;
  missing: number;
  dead_letters: number;
  late: number;
  moved: number;
}
