package replay_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/replay"
	"firstline/telephony/sim"
)

// day is a simulated day and the plan it was played by.
func day(t *testing.T, contacts int) ([]fact.Fact, callcenter.Plan, time.Time) {
	t.Helper()
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	if err := sim.WriteDay(&out, 5, from, contacts); err != nil {
		t.Fatal(err)
	}
	var facts []fact.Fact
	for lines := json.NewDecoder(&out); lines.More(); {
		var f fact.Fact
		if err := lines.Decode(&f); err != nil {
			t.Fatal(err)
		}
		facts = append(facts, f)
	}
	return facts, *sim.DayPlan(contacts), from
}

// bodies are what facts say.
func bodies(facts []fact.Fact) []string {
	var out []string
	for _, f := range facts {
		out = append(out, fmt.Sprint(f.ID(), f.Time)+jsonOf(f.Data))
	}
	return out
}

func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// answered counts the answered entries, and the seconds that their callers waited on average.
func answered(facts []fact.Fact) (n int, wait float64) {
	for _, f := range facts {
		if e, ok := f.Data.(fact.EntryEnded); ok && e.Outcome == fact.EntryAnswered {
			n++
			wait += float64(e.WaitMS) / 1000
		}
	}
	return n, wait / float64(n)
}

// The same plan again gives about what was: within the spread of what the record can't know.
func TestSamePlanGivesWhatWas(t *testing.T) {
	facts, plan, from := day(t, 600)
	traffic := replay.Read(facts, from, from.Add(24*time.Hour))
	recorded, waited := answered(traffic.Of(facts))
	var sum, sumOfWaits float64
	const runs = 10
	for seed := range uint64(runs) {
		out, err := traffic.Run(plan, seed)
		if err != nil {
			t.Fatal(err)
		}
		n, wait := answered(out)
		sum, sumOfWaits = sum+float64(n), sumOfWaits+wait
	}
	t.Logf("recorded %d answered after %.1f s, replayed %.1f after %.1f s", recorded, waited, sum/runs, sumOfWaits/runs)
	if off := sum/runs/float64(recorded) - 1; math.Abs(off) > 0.05 {
		t.Errorf("%.1f answered, recorded %d", sum/runs, recorded)
	}
	if off := sumOfWaits/runs - waited; math.Abs(off) > 0.35*waited {
		t.Errorf("%.1f s waited, recorded %.1f s", sumOfWaits/runs, waited)
	}
}

// What a plan has beside its queues is no obstacle: the shipped ones, which have everything, are valid as they are replayed.
func TestShippedPlansCanBeReplayed(t *testing.T) {
	facts, _, from := day(t, 10)
	facts = slices.DeleteFunc(facts, func(f fact.Fact) bool { return f.Type != fact.TypeArrived && f.Type != fact.TypeQueued }) // no agents
	for _, name := range []string{"demo.yaml", "firstline.yaml"} {
		raw, err := os.ReadFile(filepath.Join("../../deploy", name))
		if err != nil {
			t.Fatal(err)
		}
		config := callcenter.DefaultConfig()
		if err := yaml.Unmarshal(raw, &config); err != nil {
			t.Fatal(err)
		}
		plan, problems := config.Plan()
		if len(problems) > 0 {
			t.Fatalf("%s: %+v", name, problems)
		}
		if _, err := replay.Read(facts, from, from.Add(24*time.Hour)).Run(*plan, 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where agents sat makes no difference.
func TestSeatsAreReplayed(t *testing.T) {
	facts, plan, from := day(t, 100)
	traffic := replay.Read(facts, from, from.Add(24*time.Hour))
	own, err := traffic.Run(plan, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan.Agents = slices.Clone(plan.Agents)
	for i := range plan.Agents {
		plan.Agents[i].Endpoint, plan.Agents[i].Number = "", fmt.Sprint(1000+i)
	}
	plan.Seats = []callcenter.Seat{{ID: "201", Endpoint: "PJSIP/201"}}
	freely, err := traffic.Run(plan, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n, wait := answered(own); n == 0 {
		t.Error("nobody is answered")
	} else if m, other := answered(freely); m == 0 || math.Abs(float64(m-n)) > 0.05*float64(n) || math.Abs(other-wait) > 0.35*wait {
		t.Errorf("%d answered after %.1f s, with phones of their own %d after %.1f s", m, other, n, wait)
	}
}

// The strategy is the plan's, and everything else stays as it was.
func TestAnotherStrategy(t *testing.T) {
	facts, plan, from := day(t, 300)
	traffic := replay.Read(facts, from, from.Add(24*time.Hour))
	for i := range plan.Queues {
		plan.Queues[i].Strategy = callcenter.Ordered
	}
	out, err := traffic.Run(plan, 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := traffic.Run(plan, 1)
	if err != nil || !slices.Equal(bodies(out), bodies(again)) {
		t.Error("the same seed gives another day")
	}
	callers, refused := 0, 0
	for _, f := range out {
		switch d := f.Data.(type) {
		case fact.Offered:
			if d.Decision.Rule != string(callcenter.Ordered) || d.Decision.Eligible[0] != d.Agent {
				t.Fatalf("decided by %+v", d.Decision)
			}
		case fact.QueueRefused:
			refused++
		case fact.Queued:
			if d.From == "" {
				callers++
			}
		}
	}
	if callers+refused != traffic.Callers() {
		t.Errorf("%d of %d callers queued", callers, traffic.Callers())
	}
}

func TestWhatCanNotBeReplayed(t *testing.T) {
	facts, plan, from := day(t, 100)
	until := from.Add(24 * time.Hour)
	if _, err := replay.Read(facts, until.Add(time.Hour*48), until.Add(time.Hour*72)).Run(plan, 1); !errors.Is(err, replay.ErrNobody) {
		t.Errorf("an empty day: %v", err)
	}
	fewer := plan
	fewer.Agents = plan.Agents[:1]
	if _, err := replay.Read(facts, from, until).Run(fewer, 1); err == nil || !strings.Contains(err.Error(), `agent "agent02" was at work`) {
		t.Errorf("an agent who has left: %v", err)
	}
	other := plan
	other.Queues = plan.Queues[1:]
	if _, err := replay.Read(facts, from, until).Run(other, 1); err == nil || !strings.Contains(err.Error(), `"support", which the plan does not have`) {
		t.Errorf("a queue that is gone: %v", err)
	}
}
