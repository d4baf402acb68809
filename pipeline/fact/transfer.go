package fact

import "time"

// An agent hands his caller on. The subject is the contact.
const (
	TypeTransferStarted Type = "transfer.started"
	TypeTransferEnded   Type = "transfer.ended"
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

func (TransferStarted) factType() Type { return TypeTransferStarted }
func (TransferEnded) factType() Type   { return TypeTransferEnded }
