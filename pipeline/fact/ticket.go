package fact

// Types of facts about tickets. Subject is "<system>:<ticket id>". They come from the ticket system's webhook through
// the API's own log, never through the core; senders repeat deliveries, so readers take each (system, event id) once.
const (
	TypeTicketLinked     Type = "ticket.linked"
	TypeTicketOpened     Type = "ticket.opened"
	TypeTicketFirstReply Type = "ticket.first_reply"
	TypeTicketPending    Type = "ticket.pending"          // it waits for the customer
	TypeTicketResumed    Type = "ticket.resumed"          // it does no longer
	TypeTicketReassigned Type = "ticket.reassigned"       // to the agent, team or queue it names; without an agent it is nobody's
	TypeTicketPriority   Type = "ticket.priority_changed" // to the priority it names
	TypeTicketResolved   Type = "ticket.resolved"
	TypeTicketReopened   Type = "ticket.reopened"
	TypeTicketClosed     Type = "ticket.closed" // nothing more is to come; it resolves nothing
)

// TicketTypes lists the types of facts about tickets.
func TicketTypes() []Type {
	return []Type{
		TypeTicketLinked, TypeTicketOpened, TypeTicketFirstReply, TypeTicketPending, TypeTicketResumed,
		TypeTicketReassigned, TypeTicketPriority, TypeTicketResolved, TypeTicketReopened, TypeTicketClosed,
	}
}

// TicketEvent is one step in a ticket's life as its system reported it; Fact.Time is the sender's time.
type TicketEvent struct {
	Type     Type   `json:"-"`
	System   string `json:"system"`
	EventID  string `json:"event_id"`
	Ticket   string `json:"ticket"`
	Contact  string `json:"contact,omitempty"` // the contact it is linked to
	Customer string `json:"customer,omitempty"`
	Agent    string `json:"agent,omitempty"` // whose it is from here on
	Queue    string `json:"queue,omitempty"`
	Team     string `json:"team,omitempty"`
	Priority string `json:"priority,omitempty"`
	Reason   string `json:"reason,omitempty"` // what it is about: the ticket system's category
	// Schedule is the schedule by which tickets had their business hours when the webhook was accepted, as
	// pipeline/schedule writes it; empty when none was set.
	Schedule string `json:"schedule,omitempty"`
	// ReceivedMS is when the webhook was accepted, Unix milliseconds: lateness is this minus the sender's time.
	ReceivedMS int64 `json:"received_ms"`
}

func (t TicketEvent) factType() Type { return t.Type }
