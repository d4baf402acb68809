package fact

import "time"

// An agent hands his caller on. The subject is the contact.
const (
	TypeTransferStarted Type = "transfer.started"
	TypeTransferEnded   Type = "transfer.ended"
	TypeOutsideAnswered Type = "outside.answered"
	TypeOutsideEnded    Type = "outside.ended"
)

type (
	TransferMode   string // of a transfer
	TransferTo     string // what a transfer leads to
	TransferResult string // of a transfer
)

const (
	TransferBlind    TransferMode = "blind"    // the caller is handed on at once
	TransferAttended TransferMode = "attended" // the agent asks first, the caller is on hold meanwhile
)

const (
	TransferToQueue TransferTo = "queue"
	TransferToAgent TransferTo = "agent"
	TransferToMenu  TransferTo = "menu"

	TransferToNumber TransferTo = "number" // outside
)

const (
	TransferCompleted  TransferResult = "completed"  // the caller is with who was asked, or waits in the agent's place, or was handed on at once
	TransferConference TransferResult = "conference" // who was asked has joined the talk, and the agent stayed
	TransferReturned   TransferResult = "returned"   // the agent came back to the caller
	TransferUnanswered TransferResult = "unanswered" // nobody was there to ask, or none any more: the agent has the caller back
	TransferAbandoned  TransferResult = "abandoned"  // the caller hung up before

	// Who was asked outside did not take his phone: the agent has the caller back. One that rang in vain is unanswered.
	TransferBusy        TransferResult = "busy"
	TransferDeclined    TransferResult = "declined"
	TransferUnavailable TransferResult = "unavailable" // the number is not reached
	TransferFailed      TransferResult = "failed"
)

// TransferStarted opens a transfer.
type TransferStarted struct {
	Transfer string       `json:"transfer"`
	Call     string       `json:"call"`
	Agent    string       `json:"agent"` // who hands the caller on
	Queue    string       `json:"queue"` // of his talk
	Mode     TransferMode `json:"mode"`
	By       By           `json:"by"` // phone: with the keys of his telephone
	To       TransferTo   `json:"to"`
	Target   string       `json:"target"` // id of the queue or agent; of a menu the flow's, or flow/node; of a number its last digits
}

// TransferEnded closes it.
type TransferEnded struct {
	Transfer   string         `json:"transfer"`
	Call       string         `json:"call"`
	Agent      string         `json:"agent"`
	Queue      string         `json:"queue"`
	Mode       TransferMode   `json:"mode"`
	By         By             `json:"by"`
	To         TransferTo     `json:"to"`
	Target     string         `json:"target"`
	Result     TransferResult `json:"result"`
	With       string         `json:"with,omitempty"` // the agent who was asked; "" = none had answered
	StartedAt  time.Time      `json:"started_at"`
	EndedAt    time.Time      `json:"ended_at"`
	DurationMS int64          `json:"duration_ms"`
	Derived    bool           `json:"derived,omitempty"`
}

// OutsideAnswered says that who was asked at a number outside took his phone.
type OutsideAnswered struct {
	Transfer string `json:"transfer"` // by which he was asked
	Call     string `json:"call"`
	Agent    string `json:"agent"`  // who asks
	Queue    string `json:"queue"`  // of his talk
	Target   string `json:"target"` // the number's last digits
	RingMS   int64  `json:"ring_ms"`
}

// OutsideEnded closes the call of a number outside that an agent asked: nobody took it, or who did is out of the talk.
type OutsideEnded struct {
	Transfer   string      `json:"transfer"`
	Call       string      `json:"call"`
	Agent      string      `json:"agent"` // who asked
	Queue      string      `json:"queue"`
	Target     string      `json:"target"`
	Result     OfferResult `json:"result"` // answered; missed, busy, declined, unavailable, failed; withdrawn: nobody wanted it any more
	StartedAt  time.Time   `json:"started_at"`
	AnsweredAt *time.Time  `json:"answered_at,omitempty"`
	EndedAt    time.Time   `json:"ended_at"`
	RingMS     int64       `json:"ring_ms"`
	TalkMS     int64       `json:"talk_ms"` // with agents, the caller, or both
	Cause      int         `json:"cause,omitempty"`
	Derived    bool        `json:"derived,omitempty"`
}

func (TransferStarted) factType() Type { return TypeTransferStarted }
func (TransferEnded) factType() Type   { return TypeTransferEnded }
func (OutsideAnswered) factType() Type { return TypeOutsideAnswered }
func (OutsideEnded) factType() Type    { return TypeOutsideEnded }
