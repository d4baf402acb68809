package metric

import (
	"time"

	"firstline/pipeline/fact"
)

// TransferTally counts transfers. All of it adds up.
type TransferTally struct {
	Results  map[TransferResult]int64
	To       map[fact.TransferTo]int64
	Received int64
}

// TransferResult is what transfers are told apart by.
type TransferResult struct {
	Mode   fact.TransferMode
	Result fact.TransferResult // empty: not ended
}

// Add counts n transfers made.
func (t *TransferTally) Add(r TransferResult, to fact.TransferTo, n int64) {
	if t.Results == nil {
		t.Results, t.To = map[TransferResult]int64{}, map[fact.TransferTo]int64{}
	}
	t.Results[r] += n
	t.To[to] += n
}

func (t *TransferTally) merge(o TransferTally) {
	t.Received += o.Received
	if o.Results == nil {
		return
	}
	if t.Results == nil {
		t.Results, t.To = map[TransferResult]int64{}, map[fact.TransferTo]int64{}
	}
	for k, n := range o.Results {
		t.Results[k] += n
	}
	for k, n := range o.To {
		t.To[k] += n
	}
}

func (t TransferTally) some() bool { return len(t.Results) > 0 || t.Received > 0 }

// Transfers counts callers handed on.
type Transfers struct {
	Made     int64           `json:"made" doc:"Transfers begun; = blind + attended = the sum of to"`
	Blind    TransferResults `json:"blind" doc:"Handed on at once"`
	Attended TransferResults `json:"attended" doc:"After asking, or while asking"`
	To       TransferTargets `json:"to" doc:"Where they lead"`
	Received int64           `json:"received" doc:"Callers handed on to here"`
}

// TransferResults counts transfers of one mode by result.
type TransferResults struct {
	Made        int64 `json:"made" doc:"Sum of the results and those in progress"`
	Completed   int64 `json:"completed" doc:"The caller was handed on"`
	Conference  int64 `json:"conference" doc:"Who was asked has joined the talk"`
	Returned    int64 `json:"returned" doc:"The agent came back to the caller"`
	Unanswered  int64 `json:"unanswered" doc:"Nobody was there to ask, or none any more"`
	Abandoned   int64 `json:"abandoned" doc:"The caller hung up meanwhile"`
	Busy        int64 `json:"busy" doc:"Outside: busy"`
	Declined    int64 `json:"declined" doc:"Outside: declined"`
	Unavailable int64 `json:"unavailable" doc:"Outside: not reached"`
	Failed      int64 `json:"failed" doc:"Technical failure"`
	InProgress  int64 `json:"in_progress" doc:"Not ended up to the watermark"`
}

// TransferTargets counts transfers by where they lead.
type TransferTargets struct {
	Queue  int64 `json:"queue" doc:"A queue"`
	Agent  int64 `json:"agent" doc:"An agent by name"`
	Menu   int64 `json:"menu" doc:"A menu"`
	Number int64 `json:"number" doc:"A number outside"`
}

func newTransfers(t TransferTally) Transfers {
	of := func(m fact.TransferMode) TransferResults {
		n := func(r fact.TransferResult) int64 { return t.Results[TransferResult{m, r}] }
		r := TransferResults{
			Completed: n(fact.TransferCompleted), Conference: n(fact.TransferConference), Returned: n(fact.TransferReturned),
			Unanswered: n(fact.TransferUnanswered), Abandoned: n(fact.TransferAbandoned), Busy: n(fact.TransferBusy), Declined: n(fact.TransferDeclined),
			Unavailable: n(fact.TransferUnavailable), Failed: n(fact.TransferFailed), InProgress: n(""),
		}
		r.Made = r.Completed + r.Conference + r.Returned + r.Unanswered + r.Abandoned + r.Busy + r.Declined + r.Unavailable + r.Failed + r.InProgress
		return r
	}
	out := Transfers{
		Blind: of(fact.TransferBlind), Attended: of(fact.TransferAttended), Received: t.Received,
		To: TransferTargets{Queue: t.To[fact.TransferToQueue], Agent: t.To[fact.TransferToAgent], Menu: t.To[fact.TransferToMenu], Number: t.To[fact.TransferToNumber]},
	}
	out.Made = out.Blind.Made + out.Attended.Made
	return out
}

// transfer is one transfer, ended or not.
type transfer struct {
	agent, queue string
	contact      string
	at           time.Time
	result       TransferResult
	to           fact.TransferTo
	target, with string
	durationMS   int64 // 0 while in progress
}

// handedOver says that the caller came to who was asked.
func (t transfer) handedOver() bool {
	return t.result.Result == fact.TransferCompleted || t.result.Result == fact.TransferConference
}

// asking says that it was a consultation which has ended.
func (t transfer) asking() bool {
	return t.result.Mode == fact.TransferAttended && t.result.Result != ""
}

// receiver is the agent to whom the caller was handed on, "" when none is known.
func (t transfer) receiver() string {
	switch {
	case !t.handedOver():
		return ""
	case t.with != "":
		return t.with
	case t.result.Mode == fact.TransferBlind && t.to == fact.TransferToAgent:
		return t.target
	default:
		return ""
	}
}

// transfers are all of them.
func (f *Facts) transfers() (out []transfer) {
	for id, o := range f.transfersOpened {
		if _, ended := f.transfersEnded[id]; !ended {
			d := o.data
			out = append(out, transfer{contact: o.subject, agent: d.Agent, queue: d.Queue, at: o.at, result: TransferResult{Mode: d.Mode}, to: d.To, target: d.Target})
		}
	}
	for _, e := range f.transfersEnded {
		d := e.data
		out = append(out, transfer{
			contact: e.subject, agent: d.Agent, queue: d.Queue, at: d.StartedAt, result: TransferResult{d.Mode, d.Result}, to: d.To, target: d.Target, with: d.With, durationMS: d.DurationMS,
		})
	}
	return out
}
