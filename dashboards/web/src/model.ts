// The pages' names for what the API answers: each is a schema of its OpenAPI document.
import type { Schemas } from "../../client/client";

export type Me = Schemas["Identity"];

// Who may do what
export type User = Schemas["UserView"];
export type Rights = Pick<User, "role" | "queues" | "teams" | "masked" | "phone">;
export type ApiKey = Schemas["APIKey"];
export type NewKey = Schemas["NewAPIKey"];
export type Scope = ApiKey["scopes"][number];
export type AuditEntry = Schemas["AuditEntry"];
export type Limited = Pick<Rights, "queues" | "teams">;

// Now
export type Freshness = Schemas["Freshness"];
export type WallboardNow = Schemas["Wallboard"];
export type QueueNow = Schemas["QueueView"];
export type Caller = Schemas["Caller"];
export type AgentNow = Schemas["AgentBrief"];
export type AgentState = Schemas["AgentState"];
export type MonitorMode = Schemas["MonitorMode"];
export type IncidentNow = Schemas["SnapshotIncident"];

// The desk
export type DeskNow = Schemas["AgentView"];
export type AgentContact = Schemas["AgentContact"];
export type QueueBrief = Schemas["QueueBrief"];
export type Popup = Schemas["Popup"];
export type TicketRef = Schemas["TicketRef"];
export type Seat = Schemas["Seat"];

/** Whom a caller is handed on to. */
export type Target = Schemas["Target"];
export type Targets = Schemas["TargetsOutputBody"];

// Lists and figures
export type Named = Pick<Schemas["Queue"], "id" | "name">;
export type Today = Schemas["Today"];
export type QueueRow = Schemas["TodayRow"];
export type Explanation = Schemas["Explanation"];
export type Explained = Schemas["Explained"];
export type AppliedTarget = Schemas["AppliedTarget"];
export type ContactBrief = Schemas["Contact"];
export type Timeline = Schemas["Timeline"];
export type Moment = Schemas["TimelineFact"];
export type Recording = Schemas["ContactRecording"];
export type Message = Schemas["VoicemailMessage"];
export type Callback = Schemas["Callback"];
export type QualityReport = Schemas["QualityReport"];
export type Defect = Schemas["Defect"];
export type DefectRow = Schemas["DefectRow"];
export type DefectTotal = Schemas["DefectTotal"];
export type TicketQuality = Schemas["TicketQuality"];
export type LoadRow = Schemas["LoadRow"];
export type Clocks = Schemas["Clocks"];

/** Whether somebody has dealt with a message. */
export type Mark = Pick<Message, "done" | "done_at" | "done_by" | "note">;

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null; // cursor of the next one
}
