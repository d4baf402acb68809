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
// waiting, an end without a beginning, two ends, a time in seconds that is not the distance of its lines.
func Calls(lines []Line) ([]Call, error) {
	var out []*Call
	open := map[string]*stay{}
	for i, l := range lines {
		s := open[l.Call]
		switch {
		case l.Event == "ENTERQUEUE" && s != nil:
			return nil, fmt.Errorf("line %d: %s enters %s and has not left %s", i+1, l.Call, l.Queue, s.Queue)
		case l.Event == "ENTERQUEUE":
			s = &stay{Call: &Call{ID: l.Call, Queue: l.Queue, Number: l.Data[1], Open: true}, entered: l}
			open[l.Call] = s
			out = append(out, s.Call)
			continue
		case !ofCaller(l.Event):
			continue
		case s == nil:
			return nil, fmt.Errorf("line %d: %s of %s, who has not entered", i+1, l.Event, l.Call)
		}
		if err := s.add(l); err != nil {
			return nil, fmt.Errorf("line %d: %s of %s: %w", i+1, l.Event, l.Call, err)
		}
		if !s.Open {
			delete(open, l.Call)
		}
	}
	calls := make([]Call, 0, len(out))
	for _, c := range out {
		calls = append(calls, *c)
	}
	return calls, nil
}

func ofCaller(event string) bool {
	return slices.Contains([]string{"RINGNOANSWER", "RINGCANCELED", "CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "EXITEMPTY",
		"EXITWITHTIMEOUT", "EXITWITHKEY", "WITHDRAW"}, event)
}

// stay is a Call that is not over.
type stay struct {
	*Call
	entered   Line
	connected *Line
}

func (s *stay) add(l Line) error {
	talking := s.connected != nil
	completes := l.Event == "COMPLETEAGENT" || l.Event == "COMPLETECALLER"
	switch {
	case l.Queue != s.Queue:
		return fmt.Errorf("in %s, he waits in %s", l.Queue, s.Queue)
	case talking != completes:
		return fmt.Errorf("he talks: %t", talking)
	case talking && (l.Agent != s.Agent || l.Data[0] != s.connected.Data[0] || l.Data[2] != s.entered.Data[2]):
		return fmt.Errorf("%v does not go with CONNECT %v and ENTERQUEUE %v", l, *s.connected, s.entered)
	}
	switch l.Event {
	case "RINGNOANSWER":
		s.Missed = append(s.Missed, l.Agent)
	case "RINGCANCELED":
		s.Cancelled = append(s.Cancelled, l.Agent)
	case "CONNECT":
		s.Agent, s.connected = l.Agent, &l
		return distance(s.entered, l, l.Number(0))
	case "COMPLETEAGENT", "COMPLETECALLER":
		s.Completed, s.Open = l.Event, false
		return distance(*s.connected, l, l.Number(1))
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

func distance(from, until Line, seconds int64) error {
	if d := until.At.Unix() - from.At.Unix(); d != seconds {
		return fmt.Errorf("%d seconds, the lines are %d apart", seconds, d)
	}
	return nil
}
