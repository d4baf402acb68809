package fact

import "time"

// A supervisor listens to a talk, and more. The subject is the contact.
const (
	TypeMonitorStarted Type = "monitor.started"
	TypeMonitorEnded   Type = "monitor.ended"
	TypeMonitorMissed  Type = "monitor.missed"
)

type (
	MonitorMode   string // of a supervisor's part in a talk
	MonitorResult string // of it
)

const (
	MonitorListen  MonitorMode = "listen"  // she hears both, nobody hears her
	MonitorWhisper MonitorMode = "whisper" // the agent hears her, the caller does not
	MonitorBarge   MonitorMode = "barge"   // all hear each other
)

const (
	MonitorOver     MonitorResult = "ended"     // by her, or with the agent's talk
	MonitorSwitched MonitorResult = "switched"  // she goes on in another mode
	MonitorTookOver MonitorResult = "took_over" // she has the caller in the agent's place
	MonitorFailed   MonitorResult = "failed"    // technical failure
)

// MonitorStarted opens a supervisor's part in a talk: her phone is answered.
type MonitorStarted struct {
	Monitor    string      `json:"monitor"`
	Call       string      `json:"call"`
	Supervisor string      `json:"supervisor"` // the agent entry whose phone it is
	Agent      string      `json:"agent"`      // to whose talk she listens
	Queue      string      `json:"queue"`      // of that talk
	Mode       MonitorMode `json:"mode"`
}

// MonitorEnded closes it.
type MonitorEnded struct {
	Monitor    string        `json:"monitor"`
	Call       string        `json:"call"`
	Supervisor string        `json:"supervisor"`
	Agent      string        `json:"agent"`
	Queue      string        `json:"queue"`
	Mode       MonitorMode   `json:"mode"`
	Result     MonitorResult `json:"result"`
	StartedAt  time.Time     `json:"started_at"`
	EndedAt    time.Time     `json:"ended_at"`
	DurationMS int64         `json:"duration_ms"`
	Derived    bool          `json:"derived,omitempty"`
}

// MonitorMissed says that a supervisor's phone was rung for a talk and not answered. Nothing was opened.
type MonitorMissed struct {
	Monitor    string      `json:"monitor"`
	Call       string      `json:"call"`
	Supervisor string      `json:"supervisor"`
	Agent      string      `json:"agent"`
	Queue      string      `json:"queue"`
	Mode       MonitorMode `json:"mode"`
	Result     OfferResult `json:"result"` // as of an offer to an agent; withdrawn: she gave up, or the talk was over
	RangAt     time.Time   `json:"rang_at"`
	EndedAt    time.Time   `json:"ended_at"`
	RingMS     int64       `json:"ring_ms"`
	Derived    bool        `json:"derived,omitempty"`
}

func (MonitorStarted) factType() Type { return TypeMonitorStarted }
func (MonitorEnded) factType() Type   { return TypeMonitorEnded }
func (MonitorMissed) factType() Type  { return TypeMonitorMissed }
