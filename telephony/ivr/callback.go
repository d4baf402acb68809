package ivr

import "firstline/pipeline/fact"

// What a callback node leaves out: the shortest and the longest number, and the key that ends it.
const (
	DefaultLeastNumber = 5
	DefaultMostNumber  = 15 // of E.164
	defaultNumberEnd   = "#"
)

// callback offers to call the number that the caller calls from, or asks for one where that can't be called. A key
// pressed ahead was meant for no number he has heard.
func (w *walk) callback(n Node) {
	w.ahead = ""
	if number := w.now.Caller.Callable; number != "" {
		w.result.Visit.Digits = number
		w.readOut(n, nil)
		return
	}
	w.prompt(n, nil)
}

// promise asks for the callback to the number that he has said is right.
func (w *walk) promise(n Node) {
	v := &w.result.Visit
	v.Phase = PhasePromising
	p := &Promise{Queue: n.Queue, Number: v.Digits, Priority: v.Raised}
	if n.Mended {
		for _, in := range w.concerns(false) {
			p.Incidents = append(p.Incidents, in.ID)
		}
	}
	w.result.Promise = p
}

// promised goes on with what became of it.
func (w *walk) promised(n Node, answer Promised) {
	v := &w.result.Visit
	switch {
	case answer == PromiseMade:
		w.record(Heard{Node: v.Node, Kind: fact.InputDigits, Digits: v.entered()})
		v.GaveUp, v.Told = false, true
		w.enter(n.Next)
	case answer == PromiseNumber:
		w.mistake(n)
	case n.Failed != "":
		w.enter(n.Failed)
	default:
		w.giveUp(n)
	}
}

// Promised is what became of the promise that the last Result asked for.
func (m *Menus) Promised(v Visit, answer Promised, now Moment) Result {
	w := m.walk(v, now)
	if v.Phase == PhasePromising {
		w.promised(w.node(), answer)
	}
	return w.result
}
