package fact

import "time"

// Types of facts about agents. Subject is the agent id.
const (
	TypeAgentLoggedIn   Type = "agent.logged_in"
	TypeAgentLoggedOut  Type = "agent.logged_out"
	TypeAgentStateBegan Type = "agent.state_began"
	TypeAgentStateEnded Type = "agent.state_ended"
)

// AgentLogged says that an agent logged in or out, and by what means.
type AgentLogged struct {
	Type     Type   `json:"-"`
	Endpoint string `json:"endpoint"` // the phone, e.g. "PJSIP/101"
	By       By     `json:"by"`
	Actor    string `json:"actor,omitempty"` // who did it when not the agent

	Seat   string    `json:"seat,omitempty"`   // id of the seat, of an agent who sits freely
	Reason LogReason `json:"reason,omitempty"` // of a log-out that nobody asked for
}

// LogReason is why an agent was logged out who did not ask for it.
type LogReason string

// The reasons.
const (
	LogSeatTaken LogReason = "seat_taken" // Actor logged in at his phone
	LogMoved     LogReason = "moved"      // he logged in at another one
	LogSeatGone  LogReason = "seat_gone"  // the plan has it no more as his
)

// AgentStateBegan opens a state; exactly one is open for every agent at any time.
type AgentStateBegan struct {
	State    AgentState `json:"state"`
	Reason   string     `json:"reason,omitempty"`   // pause reason; AutoPauseReason after missed offers
	Billable bool       `json:"billable,omitempty"` // a pause that is paid work, as the plan said when it began
	Contact  string     `json:"contact,omitempty"`
	Queue    string     `json:"queue,omitempty"`
	By       By         `json:"by"`
}

// AgentStateEnded closes it.
type AgentStateEnded struct {
	State      AgentState `json:"state"`
	Reason     string     `json:"reason,omitempty"`
	Billable   bool       `json:"billable,omitempty"`
	Contact    string     `json:"contact,omitempty"`
	Queue      string     `json:"queue,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    time.Time  `json:"ended_at"`
	DurationMS int64      `json:"duration_ms"`
}

// AutoPauseReason is the pause reason of an agent who missed too many offers in a row. It is never billable.
const AutoPauseReason = "ring_no_answer"

func (a AgentLogged) factType() Type   { return a.Type }
func (AgentStateBegan) factType() Type { return TypeAgentStateBegan }
func (AgentStateEnded) factType() Type { return TypeAgentStateEnded }
