package queuelog_test

import (
	"fmt"
	"slices"
	"strings"

	"firstline/pipeline/fact"
)

// twin is the obvious translator: for each fact it looks through all the facts before it, and keeps nothing.
func twin(facts []fact.Fact, agents []fact.SnapshotAgent) string {
	var b strings.Builder
	for i, f := range facts {
		if i == 0 {
			fmt.Fprintf(&b, "%d|NONE|NONE|NONE|QUEUESTART|\n", f.Time.Unix())
		}
		for _, line := range twinOf(facts[:i], f, agents) {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func twinOf(before []fact.Fact, f fact.Fact, agents []fact.SnapshotAgent) []string {
	mine := func(format string, args ...any) []string {
		if twinKind(before, f.Subject) != fact.KindInbound {
			return nil
		}
		return []string{fmt.Sprintf("%d|%s|", f.Time.Unix(), f.Subject) + fmt.Sprintf(format, args...)}
	}
	switch d := f.Data.(type) {
	case fact.Queued:
		return mine("%s|NONE|ENTERQUEUE||%s|%d", d.Queue, twinArrived(before, f.Subject).CallerNumber, d.Position)
	case fact.OfferEnded:
		events := map[fact.OfferResult]string{"missed": "RINGNOANSWER", "busy": "RINGNOANSWER", "declined": "RINGNOANSWER", "withdrawn": "RINGCANCELED", "lost_race": "RINGCANCELED"}
		if events[d.Result] == "" {
			return nil
		}
		return mine("%s|%s|%s|%d", d.Queue, twinPhone(agents, d.Agent), events[d.Result], d.RingMS)
	case fact.EntryEnded:
		wait := d.EndedAt.Unix() - d.QueuedAt.Unix()
		if d.Outcome == fact.EntryAnswered {
			o := twinLast(before, f.Subject, fact.TypeOfferEnded).(fact.OfferEnded)
			return mine("%s|%s|CONNECT|%d|%s|%d", d.Queue, twinPhone(agents, d.Agent), wait, o.Channel, o.EndedAt.Unix()-o.OfferedAt.Unix())
		}
		events := map[fact.EntryOutcome]string{"abandoned": "ABANDON|", "overflowed": "EXITWITHTIMEOUT|", "failed": "EXITWITHTIMEOUT|", "left_empty": "EXITEMPTY|", "exited": "EXITWITHKEY|5|", "withdrawn": "WITHDRAW|"}
		if events[d.Outcome] == "" {
			return nil
		}
		info := ""
		if d.Outcome == fact.EntryWithdrawn {
			info = "|"
		}
		return mine("%s|NONE|%s%d|%d|%d%s", d.Queue, events[d.Outcome], d.Last, d.First, wait, info)
	case fact.CallEnded:
		return twinCallEnded(before, f, d, agents)
	case fact.AgentLogged, fact.AgentStateBegan:
		return twinAgent(before, f, agents)
	}
	return nil
}

func twinCallEnded(before []fact.Fact, f fact.Fact, d fact.CallEnded, agents []fact.SnapshotAgent) []string {
	e, ok := twinLast(before, f.Subject, fact.TypeEntryEnded).(fact.EntryEnded)
	if !ok || e.Kind != fact.KindInbound || e.Outcome != fact.EntryAnswered {
		return nil
	}
	event := "COMPLETECALLER"
	if d.Termination.Reason == fact.ReasonAgentHungUp || d.Termination.Reason == fact.ReasonCommandFailed {
		event = "COMPLETEAGENT"
	}
	return []string{fmt.Sprintf("%d|%s|%s|%s|%s|%d|%d|%d", f.Time.Unix(), f.Subject, e.Queue, twinPhone(agents, e.Agent), event,
		e.EndedAt.Unix()-e.QueuedAt.Unix(), d.EndedAt.Unix()-e.EndedAt.Unix(), e.First)}
}

func twinAgent(before []fact.Fact, f fact.Fact, agents []fact.SnapshotAgent) (out []string) {
	is := agents[slices.IndexFunc(agents, func(a fact.SnapshotAgent) bool { return a.ID == f.Subject })]
	line := func(call, queue, event, data string) {
		out = append(out, fmt.Sprintf("%d|%s|%s|%s|%s|%s", f.Time.Unix(), call, queue, is.Endpoint, event, data))
	}
	if d, ok := f.Data.(fact.AgentLogged); ok {
		event := map[fact.Type]string{fact.TypeAgentLoggedIn: "ADDMEMBER", fact.TypeAgentLoggedOut: "REMOVEMEMBER"}[d.Type]
		for _, q := range is.Queues {
			line("MANAGER", q, event, "")
		}
		return out
	}
	was := func(d fact.Data) (reason string) {
		if b, ok := d.(fact.AgentStateBegan); ok && b.State == fact.AgentPaused {
			return strings.Replace(b.Reason, "ring_no_answer", "Auto-Pause", 1)
		}
		return ""
	}
	from, to := was(twinLast(before, f.Subject, fact.TypeAgentStateBegan)), was(f.Data)
	event, reason := "PAUSE", to
	if to == "" {
		event, reason = "UNPAUSE", from
	}
	if from == to || f.Data.(fact.AgentStateBegan).State == fact.AgentLoggedOut {
		return nil
	}
	line("NONE", "NONE", event+"ALL", reason)
	for _, q := range is.Queues {
		line("NONE", q, event, reason)
	}
	return out
}

func twinLast(before []fact.Fact, subject string, t fact.Type) fact.Data {
	for _, f := range slices.Backward(before) {
		if f.Subject == subject && f.Type == t {
			return f.Data
		}
	}
	return nil
}

func twinArrived(before []fact.Fact, subject string) fact.Arrived {
	return twinLast(before, subject, fact.TypeArrived).(fact.Arrived)
}

func twinKind(before []fact.Fact, subject string) fact.Kind { return twinArrived(before, subject).Kind }

func twinPhone(agents []fact.SnapshotAgent, id string) string {
	for _, a := range agents {
		if a.ID == id {
			return a.Endpoint
		}
	}
	return id
}
