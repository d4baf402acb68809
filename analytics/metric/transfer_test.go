package metric

import (
	"fmt"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// transfer adds one that lasts length; an empty result leaves it open.
func (b *book) transfer(at time.Time, length time.Duration, d fact.TransferEnded) {
	d.Transfer, d.StartedAt, d.EndedAt, d.DurationMS = fmt.Sprint("t", len(b.facts)), at, at.Add(length), length.Milliseconds()
	b.add("c", at, fact.TypeTransferStarted, fact.TransferStarted{Transfer: d.Transfer, Agent: d.Agent, Queue: d.Queue, Mode: d.Mode, To: d.To, Target: d.Target})
	if d.Result != "" {
		b.add("c", d.EndedAt, fact.TypeTransferEnded, d)
	}
}

func transfers() *book {
	var b book
	give := func(mode fact.TransferMode, to fact.TransferTo, target string, result fact.TransferResult, with string) fact.TransferEnded {
		return fact.TransferEnded{Agent: "anna", Queue: "support", Mode: mode, To: to, Target: target, Result: result, With: with}
	}
	b.transfer(noon, 0, give(fact.TransferBlind, fact.TransferToQueue, "sales", fact.TransferCompleted, ""))
	b.transfer(noon, 0, give(fact.TransferBlind, fact.TransferToAgent, "boris", fact.TransferCompleted, ""))
	b.transfer(noon, 20*time.Second, give(fact.TransferAttended, fact.TransferToQueue, "sales", fact.TransferConference, "chiara"))
	b.transfer(noon, 30*time.Second, give(fact.TransferAttended, fact.TransferToAgent, "boris", fact.TransferReturned, "boris"))
	b.transfer(noon, 40*time.Second, give(fact.TransferAttended, fact.TransferToNumber, "*678", fact.TransferBusy, ""))
	b.transfer(noon.Add(time.Minute), 0, give(fact.TransferAttended, fact.TransferToQueue, "sales", "", ""))                                     // not ended
	b.transfer(noon.Add(-time.Second), 2*time.Second, give(fact.TransferAttended, fact.TransferToQueue, "sales", fact.TransferCompleted, "dai")) // begun before the window
	return &b
}

func TestTransfersOfAgents(t *testing.T) {
	r := transfers().agents(t, AgentParams{Window: Window{From: noon, Until: noon.Add(time.Hour), Interval: Whole}, GroupBy: []Dimension{ByAgent}})
	if len(r.Rows) != 3 {
		t.Fatalf("rows: %+v", r.Rows)
	}
	anna, boris, chiara := r.Rows[0], r.Rows[1], r.Rows[2]
	x := anna.Transfers
	if x.Made != 6 || x.Blind.Made != 2 || x.Attended.Made != 4 || x.Attended.InProgress != 1 || x.Attended.Conference != 1 || x.Attended.Busy != 1 || x.Received != 0 {
		t.Errorf("made: %+v", x)
	}
	if x.To != (TransferTargets{Queue: 3, Agent: 2, Number: 1}) {
		t.Errorf("to: %+v", x.To)
	}
	if anna.Consult.Count != 3 || anna.Consult.SumMS != 90_000 || *anna.Consult.MaxMS != 40_000 {
		t.Errorf("consultation: %+v", anna.Consult)
	}
	// Who was only asked has received nobody.
	if boris.Transfers.Received != 1 || chiara.Transfers.Received != 1 || boris.Agents != 1 {
		t.Errorf("received: %+v, %+v", boris.Transfers, chiara.Transfers)
	}
}

func TestTransfersOfQueues(t *testing.T) {
	b := transfers()
	for _, by := range Attributions() {
		r := b.report(t, QueueParams{AttributeBy: by, GroupBy: []Dimension{ByQueue}})
		sales, support := r.Rows[0], r.Rows[1]
		if sales.Transfers.Made != 0 || sales.Transfers.Received != 2 || support.Transfers.Made != 6 || support.Transfers.Received != 0 || r.Total.Transfers.Received != 2 {
			t.Errorf("%s: sales %+v, support %+v", by, sales.Transfers, support.Transfers)
		}
		if support.Consult.Count != 3 || *support.Consult.P50MS != 30_000 {
			t.Errorf("%s: consultation %+v", by, support.Consult)
		}
	}
	if r := b.report(t, QueueParams{GroupBy: []Dimension{ByLanguage}}); r.Total.Transfers != nil || r.Total.Consult != nil {
		t.Errorf("a transfer knows no language: %+v", r.Total.Transfers)
	}
}

// Paid pauses are work of the time on duty; others are not.
func TestUtilisation(t *testing.T) {
	var b book
	at := noon
	for _, s := range []struct {
		minutes int
		state   fact.AgentState
	}{{10, fact.AgentTalking}, {5, fact.AgentWrapUp}, {2, fact.AgentCalling}, {8, fact.AgentReady}, {1, fact.AgentRinging}, {4, fact.AgentOutside}} {
		b.state("anna", at, time.Duration(s.minutes)*time.Minute, s.state, "")
		at = at.Add(time.Duration(s.minutes) * time.Minute)
	}
	b.pause("anna", at, 3*time.Minute, "training", true)
	b.pause("anna", at.Add(3*time.Minute), 7*time.Minute, "lunch", false)
	u := b.agents(t, AgentParams{}).Total.Time.Utilisation
	if u.Numerator != 20*60_000 || u.Denominator != 40*60_000 {
		t.Errorf("%+v", u)
	}
}
