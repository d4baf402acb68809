package fact

import "time"

// What supervisors switch on for callers to hear. The subject is IncidentSubject of the incident's id.
const (
	TypeIncidentBegan Type = "incident.began"
	TypeIncidentEnded Type = "incident.ended"
)

// IncidentBegan: callers whom it concerns are told of it from now on.
type IncidentBegan struct {
	Incident string `json:"incident"`
	Name     string `json:"name"`
	By       By     `json:"by"`
	Actor    string `json:"actor,omitempty"` // who switched it on
}

// IncidentEnded closes it.
type IncidentEnded struct {
	Incident   string    `json:"incident"`
	Name       string    `json:"name"`
	StartedAt  time.Time `json:"started_at"`
	EndedAt    time.Time `json:"ended_at"`
	DurationMS int64     `json:"duration_ms"`
	By         By        `json:"by"`              // system: it is in the plan no more
	Actor      string    `json:"actor,omitempty"` // who switched it off
}

// IncidentSubject is the subject of facts about an incident.
func IncidentSubject(id string) string { return "incident/" + id }

func (IncidentBegan) factType() Type { return TypeIncidentBegan }
func (IncidentEnded) factType() Type { return TypeIncidentEnded }
