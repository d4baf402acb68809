package sipp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
)

// Without a controller the dialplan's own queue takes the calls: callers and agents are SIPp, so the phones' side of a whole
// call is seen, and Asterisk's queue.
func TestCallersMeetAgentsInTheFallback(t *testing.T) {
	program := parts.Need(t, func() (string, error) { return parts.Program("sipp") })
	cfg := nodetest.Config(t)
	agentPort := nodetest.UDP(t)
	cfg.Agents = []node.Agent{{ID: "anna", Endpoint: "PJSIP/101", Secret: "s101", Queues: []string{"support"}}}
	n := nodetest.Start(t, cfg)
	remote := fmt.Sprintf("127.0.0.1:%d", cfg.SIPPort)

	ctx, cancel := context.WithCancel(context.Background())
	agent := Agent{Phone: Phone{Program: program, Remote: remote, Port: agentPort, MediaPort: nodetest.Media(t, 100), Speech: time.Second},
		Name: "anna", User: "101", Secret: "s101", Acts: []Act{{Do: DoAnswer, After: 200 * time.Millisecond, Talk: 500 * time.Millisecond}}}
	type ended struct {
		results []Result
		err     error
	}
	agents := make(chan ended, 1)
	go func() {
		r, err := agent.Run(ctx)
		agents <- ended{r, err}
	}()
	callers := Callers{Phone: Phone{Program: program, Remote: remote, Port: nodetest.UDP(t), MediaPort: nodetest.Media(t, 100), Speech: time.Second},
		Calls: []Call{
			{Name: "stays", Number: "4930111", Dialed: "1000", Patience: 30 * time.Second},
			{Name: "leaves", Number: "4930112", Dialed: "1000", Patience: time.Second},
		}}
	results, err := callers.Run(ctx)
	cancel()
	agentSide := <-agents
	if err != nil || agentSide.err != nil {
		t.Fatalf("callers: %v, agent: %v", err, agentSide.err)
	}
	t.Log(n.URL(), results, agentSide.results)
	if len(results) != 2 {
		t.Fatalf("got %d calls, want 2", len(results))
	}
	i := slices.IndexFunc(results, func(r Result) bool { return r.Name == "stays" })
	if r := results[i]; r.Last() != WasHungUp || !r.Has(Answered) {
		t.Errorf("the caller who stays: %+v", r)
	}
	if r := results[1-i]; r.Last() != HungUp {
		t.Errorf("the caller who leaves: %+v", r)
	}
	if len(agentSide.results) != 1 || agentSide.results[0].Last() != HungUp || agentSide.results[0].Number != "4930111" {
		t.Errorf("the agent: %+v", agentSide.results)
	}
}

func TestCallLine(t *testing.T) {
	c := Call{Name: "n", Number: "1", Dialed: "2", Start: time.Second, Patience: 5 * time.Second,
		Presses: []Press{{After: 300 * time.Millisecond, Digits: "12"}, {After: 100 * time.Millisecond, Digits: "#"}}}
	// A press of two digits takes 1600 ms, one of one 1200 ms; they are added to what follows.
	if got, want := c.line(), "n;1;2;300;12;1700;#;1200;-;0;-;5000;1000;0\n"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
	c.Presses = append(c.Presses, Press{Digits: "3"}, Press{Digits: "4"}) // behind the fourth, speech waits
	if got, want := c.line(), "n;1;2;300;12;1700;#;1200;3;1200;4;5000;1000;1200\n"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
}

func TestSpeechIsACaptureOfFullFrames(t *testing.T) {
	file := speech(time.Second)
	if want := 24 + 50*(16+headerBytes+frameLength); len(file) != want {
		t.Fatalf("%d bytes, want %d", len(file), want)
	}
	if got := []byte{ulaw(0), ulaw(-1), ulaw(32767), ulaw(-32768)}; !slices.Equal(got, []byte{0xff, 0x7f, 0x80, 0x00}) {
		t.Errorf("ulaw %x", got)
	}
}

func FuzzReadLine(f *testing.F) {
	f.Add("name|id|number|called|12\nname|id|number|answered|x\nshort|\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range parseLog(text) {
			if r.CallID != "" && strings.ContainsAny(r.CallID, "|\n") {
				t.Errorf("call id %q", r.CallID)
			}
		}
	})
}
