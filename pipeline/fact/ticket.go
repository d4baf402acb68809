package fact

// Types of facts about tickets. Subject is "<system>:<ticket id>". They come from the ticket system's webhook through
// the API's own log, never through the core; senders repeat deliveries, so readers take each (system, event id) once.
const (
	TypeTicketLinked     Type = "ticket.linked"
	TypeTicketOpened     Type = "ticket.opened"
	TypeTicketFirstReply Type = "ticket.first_reply"
	TypeTicketResolved   Type = "ticket.resolved"
	TypeTicketReopened   Type = "ticket.reopened"
)

// TicketEvent is one step in a ticket's life as its system reported it; Fact.Time is the sender's time.
type TicketEvent struct {
	Type     Type   `json:"-"`
	System   string `json:"system"`
	EventID  string `json:"event_id"`
	Ticket   string `json:"ticket"`
	Contact  string `json:"contact,omitempty"` // the contact it is linked to
	Customer string `json:"customer,omitempty"`
	Agent    string `json:"agent,omitempty"`
	Queue    string `json:"queue,omitempty"`
	Priority string `json:"priority,omitempty"`
	// ReceivedMS is when the webhook was accepted, Unix milliseconds: lateness is this minus the sender's time.
	ReceivedMS int64 `json:"received_ms"`
}

func (t TicketEvent) factType() Type { return t.Type }
