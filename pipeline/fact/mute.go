package fact

import "time"

// An agent in a talk is muted: nobody in it hears him, he hears them. It is part of his talk time. The subject is the contact.
const (
	TypeMuteStarted Type = "mute.started"
	TypeMuteEnded   Type = "mute.ended"
)

// MuteStarted says that an agent is not heard from here on.
type MuteStarted struct {
	Call  string `json:"call"`
	Agent string `json:"agent"`
	Queue string `json:"queue"` // of his talk
	By    By     `json:"by"`
	Actor string `json:"actor,omitempty"`
}

// MuteEnded says that he is heard again, or has left the talk.
type MuteEnded struct {
	Call       string    `json:"call"`
	Agent      string    `json:"agent"`
	Queue      string    `json:"queue"`
	By         By        `json:"by"` // system: he has left the talk
	Actor      string    `json:"actor,omitempty"`
	StartedAt  time.Time `json:"started_at"`
	EndedAt    time.Time `json:"ended_at"`
	DurationMS int64     `json:"duration_ms"`
}

func (MuteStarted) factType() Type { return TypeMuteStarted }
func (MuteEnded) factType() Type   { return TypeMuteEnded }
