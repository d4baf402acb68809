package queuelogtest

import (
	"fmt"
	"slices"
)

// Call is one caller's stay in one queue, put together as report tools do.
type Call struct {
	ID, Queue, Number string
	Missed            []string // agents whose phone rang for him and was not answered
	Cancelled         []string // agents whose phone rang when he left
	Agent             string   // who answered; "" = nobody
	Left              string   // the event he left unanswered by; "" = he was answered
	Completed         string   // the event that ended the talk
	Open              bool     // its end is not in the file
}

// Calls puts the lines of each caller together. Whatever can't come in this order is an error: a talk without an end of the
// waiting, an end without a beginning, two ends, a time in seconds that is not the distance of its lines. While an agent has a
// caller he may wait in another queue: then the agent asks there for him.
func Calls(lines []Line) ([]Call, error) {
	var out []*Call
	open := map[string][]*stay{}
	for i, l := range lines {
		stays := open[l.Call]
		waits := slices.IndexFunc(stays, func(s *stay) bool { return s.connected == nil })
		switch {
		case l.Event == "ENTERQUEUE" && waits >= 0:
			return nil, fmt.Errorf("line %d: %s enters %s and has not left %s", i+1, l.Call, l.Queue, stays[waits].Queue)
		case l.Event == "ENTERQUEUE":
			s := &stay{Call: &Call{ID: l.Call, Queue: l.Queue, Number: l.Data[1], Open: true}, entered: l}
			open[l.Call] = append(stays, s)
			out = append(out, s.Call)
			continue
		case !ofCaller(l.Event):
			continue
		}
		at := waits
		if endsTalk(l.Event) {
			at = slices.IndexFunc(stays, func(s *stay) bool { return s.connected != nil && s.Queue == l.Queue && s.Agent == l.Agent })
		}
		if at < 0 {
			return nil, fmt.Errorf("line %d: %s of %s, who has not entered, or does not talk", i+1, l.Event, l.Call)
		}
		if err := stays[at].add(l); err != nil {
			return nil, fmt.Errorf("line %d: %s of %s: %w", i+1, l.Event, l.Call, err)
		}
		if !stays[at].Open {
			open[l.Call] = slices.Delete(stays, at, at+1)
		}
	}
	calls := make([]Call, 0, len(out))
	for _, c := range out {
		calls = append(calls, *c)
	}
	return calls, nil
}

func ofCaller(event string) bool {
	return endsTalk(event) || slices.Contains([]string{"RINGNOANSWER", "RINGCANCELED", "CONNECT", "ABANDON", "EXITEMPTY",
		"EXITWITHTIMEOUT", "EXITWITHKEY", "WITHDRAW"}, event)
}

func endsTalk(event string) bool {
	return slices.Contains([]string{"COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER"}, event)
}

// stay is a Call that is not over.
type stay struct {
	*Call
	entered   Line
	connected *Line
}

func (s *stay) add(l Line) error {
	if l.Queue != s.Queue {
		return fmt.Errorf("in %s, he waits in %s", l.Queue, s.Queue)
	}
	switch l.Event {
	case "RINGNOANSWER":
		s.Missed = append(s.Missed, l.Agent)
	case "RINGCANCELED":
		s.Cancelled = append(s.Cancelled, l.Agent)
	case "CONNECT":
		s.Agent, s.connected = l.Agent, &l
		return distance(s.entered, l, l.Number(0))
	case "COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER":
		return s.completed(l)
	default:
		s.Left, s.Open = l.Event, false
		n := len(l.Data)
		if l.Event == "WITHDRAW" {
			n-- // what was said of it stands behind
		}
		if l.Data[n-2] != s.entered.Data[2] {
			return fmt.Errorf("entered at position %s", s.entered.Data[2])
		}
		return distance(s.entered, l, l.Number(n-1))
	}
	return nil
}

// completed ends a talk; the last three fields are waiting, talking and position, whatever stands before them.
func (s *stay) completed(l Line) error {
	n := len(l.Data)
	if l.Data[n-3] != s.connected.Data[0] || l.Data[n-1] != s.entered.Data[2] {
		return fmt.Errorf("%v does not go with CONNECT %v and ENTERQUEUE %v", l, *s.connected, s.entered)
	}
	s.Completed, s.Open = l.Event, false
	return distance(*s.connected, l, l.Number(n-2))
}

func distance(from, until Line, seconds int64) error {
	if d := until.At.Unix() - from.At.Unix(); d != seconds {
		return fmt.Errorf("%d seconds, the lines are %d apart", seconds, d)
	}
	return nil
}
