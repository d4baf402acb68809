package asterisk

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
	"firstline/telephony/pins"
	"firstline/telephony/recordings"
)

// centre is the real core on a real Asterisk with real phones, without a log: what the controller does otherwise. So each
// step from a key on the phone to the fact it becomes, and from a decision to what the phones see, is the product's own.
type centre struct {
	*world
	wake *time.Timer

	mu      sync.Mutex // guards all below; Put is called from the adapter, the timer and the test
	center  *callcenter.Center
	keeper  *recordings.Keeper // nil = nothing recorded is kept
	pins    *pins.PINs
	facts   []fact.Fact
	ignored []callcenter.Ignored
	ordered int           // commands
	changed chan struct{} // closed and replaced at each Step
	started time.Time
}

// newCentre starts everything and waits until calls are taken.
func newCentre(t *testing.T, plan string) *centre { return newCentreOn(t, plan, nil) }

// newCentreOn is newCentre with a change of Asterisk's configuration.
func newCentreOn(t *testing.T, plan string, change func(*node.Config)) *centre {
	w := newWorld(t, change)
	config := callcenter.DefaultConfig()
	if err := yaml.Unmarshal([]byte(plan), &config); err != nil {
		t.Fatal(err)
	}
	config.Node = w.cfg.Name
	p, problems := config.Plan()
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	center, err := callcenter.New(p)
	if err != nil {
		t.Fatal(err)
	}
	c := &centre{world: w, center: center, changed: make(chan struct{}), started: time.Now()}
	c.wake = time.AfterFunc(time.Hour, func() { c.Put(time.Time{}, callcenter.Wake{}) })
	t.Cleanup(func() { c.wake.Stop() })
	w.Adapter, w.sink = newAdapter(t, w.own)
	w.inlet.sink = c
	w.executor.prompts = node.PromptsDir(w.cfg.Name)
	w.SetEndpoints([]string{"PJSIP/101", "PJSIP/102"})
	c.pins = pins.New(c, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	runAdapter(t, w.Adapter)
	w.await("Reconciled", isA[callcenter.Reconciled])
	w.beat()
	beats, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { c.heart(beats) })
	ended.Go(func() {
		if err := c.pins.Run(beats); err != nil {
			t.Errorf("the check of PINs: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		ended.Wait()
	})
	return c
}

// heart tells the dialplan every second that somebody takes the calls.
func (c *centre) heart(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			_ = c.Beat(ctx, now) // a test whose calls take the fallback fails
		}
	}
}

// Put is the whole controller: one Step, its commands, the next deadline.
func (c *centre) Put(occurred time.Time, ev callcenter.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sink.Put(occurred, ev)
	c.step(occurred, ev)
}

func (c *centre) step(occurred time.Time, ev callcenter.Event) callcenter.Output {
	out := c.center.Step(callcenter.Input{At: time.Now(), Occurred: occurred, Event: ev})
	c.facts = append(c.facts, out.Facts...)
	c.ignored = append(c.ignored, out.Ignored...)
	c.ordered += len(out.Commands)
	c.Execute(slices.DeleteFunc(slices.Clone(out.Commands), func(cmd callcenter.Command) bool {
		switch cmd.(type) {
		case callcenter.StoreRecording:
			if c.keeper != nil {
				c.keeper.Do(cmd)
			}
			return true
		case callcenter.CheckPIN:
			c.pins.Do(cmd)
			return true
		default:
			return false
		}
	}))
	if at, ok := c.center.Deadline(); ok {
		c.wake.Reset(max(0, time.Until(at)))
	} else {
		c.wake.Stop()
	}
	close(c.changed)
	c.changed = make(chan struct{})
	return out
}

// ask asks for something about an agent, as his page does.
func (c *centre) ask(agent string, action callcenter.Action, reason string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.step(time.Time{}, callcenter.Control{Agent: agent, Actor: agent, By: fact.ByDesk, Action: action, Reason: reason})
	if out.Reply == nil || out.Reply.Refused != "" {
		c.t.Fatalf("%s %s: %+v", agent, action, out.Reply)
	}
}

// until waits for a fact for which ok is true, and returns it.
func (c *centre) until(what string, ok func(fact.Fact) bool) fact.Fact {
	c.t.Helper()
	limit := time.After(patience)
	for {
		c.mu.Lock()
		i, changed := slices.IndexFunc(c.facts, ok), c.changed
		var found fact.Fact
		if i >= 0 {
			found = c.facts[i]
		}
		c.mu.Unlock()
		if i >= 0 {
			return found
		}
		select {
		case <-changed:
		case <-limit:
			c.t.Fatalf("%s: never; facts:\n%s", what, c.story())
		}
	}
}

// state waits until an agent has come into a state for a reason.
func (c *centre) state(agent string, state fact.AgentState, reason string) {
	c.t.Helper()
	c.until(agent+" "+string(state), func(f fact.Fact) bool {
		b, ok := f.Data.(fact.AgentStateBegan)
		return ok && f.Subject == agent && b.State == state && b.Reason == reason
	})
}

// story is the facts so far, one a line, with what each is about.
func (c *centre) story() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, f := range c.facts {
		b.WriteString(f.Time.Sub(c.started).Truncate(time.Millisecond).String() + " " + told(f) + "\n")
	}
	return b.String()
}

// told is a fact in few words.
func told(f fact.Fact) string {
	words := []string{string(f.Type)}
	switch d := f.Data.(type) {
	case fact.IVREntered:
		words = append(words, d.Node)
	case fact.IVRChoice:
		words = append(words, d.Node, d.Key)
	case fact.IVRInput:
		words = append(words, d.Node, string(d.Kind))
	case fact.IVRSet:
		words = append(words, d.Node, d.Variable+"="+d.Value)
	case fact.IncidentTold:
		words = append(words, d.Node, d.Incident)
	case fact.IVRLeft:
		words = append(words, string(d.Outcome))
	case fact.Queued:
		words = append(words, d.Queue, d.Language)
	case fact.OfferEnded:
		words = append(words, d.Agent, string(d.Result))
	case fact.EntryEnded:
		words = append(words, d.Queue, string(d.Outcome))
	case fact.AgentStateBegan:
		words = append(words, f.Subject, string(d.State), d.Reason)
		if d.Billable {
			words = append(words, "billable")
		}
	case fact.SegmentEnded:
		words = append(words, d.Agent, string(d.Kind), d.Queue)
	case fact.TransferStarted:
		words = append(words, d.Agent, string(d.Mode), string(d.By), string(d.To), d.Target)
	case fact.TransferEnded:
		words = append(words, d.Agent, string(d.Result), d.With)
	case fact.OutsideAnswered:
		words = append(words, d.Target)
	case fact.OutsideEnded:
		words = append(words, d.Target, string(d.Result))
	case fact.MonitorStarted:
		words = append(words, d.Supervisor, string(d.Mode))
	case fact.MuteStarted:
		words = append(words, d.Agent)
	case fact.MuteEnded:
		words = append(words, d.Agent, string(d.By))
	case fact.RecordingAnnounced:
		words = append(words, d.Queue, string(d.Result))
	case fact.RecordingStarted:
		words = append(words, d.Queue, string(d.Cause))
	case fact.RecordingPaused:
		words = append(words, string(d.By))
	case fact.RecordingResumed:
		words = append(words, string(d.By))
	case fact.RecordingEnded:
		words = append(words, string(d.Result))
	case fact.RecordingStored:
		words = append(words, strings.TrimPrefix(d.Recording, f.Subject+"/"))
	case fact.CallbackPromised:
		words = append(words, d.Queue, string(d.First))
	case fact.CallbackPutOff:
		words = append(words, string(d.Why))
	case fact.CallbackAttempted:
		words = append(words, string(d.Result))
	case fact.CallbackEnded:
		words = append(words, string(d.Outcome))
	case fact.MonitorMissed:
		words = append(words, d.Supervisor, string(d.Result))
	case fact.MonitorEnded:
		words = append(words, string(d.Result))
	case fact.CallEnded:
		words = append(words, string(d.Kind), string(d.Termination.Result), string(d.Termination.Reason))
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// tale is the facts of the given families, in order.
func (c *centre) tale(families ...string) []string { return c.taleOf("", families...) }

// taleOf is the tale of one contact or agent; "" = of all.
func (c *centre) taleOf(subject string, families ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, f := range c.facts {
		if subject != "" && f.Subject != subject {
			continue
		}
		if slices.ContainsFunc(families, func(p string) bool { return strings.HasPrefix(string(f.Type), p) }) {
			list = append(list, told(f))
		}
	}
	return list
}

// end waits until a caller's contact is over, and looks whether anything failed on the way.
func (c *centre) end(number string) fact.ContactEnded {
	c.t.Helper()
	contact := c.contact(number)
	ended := c.until(number+" ends", func(f fact.Fact) bool { return f.Subject == contact && f.Type == fact.TypeContactEnded })
	for _, ev := range c.sink.all() {
		switch e := ev.(type) {
		case callcenter.CommandFailed:
			c.t.Errorf("failed: %+v", e)
		case callcenter.PlaybackEnded:
			if e.Failed {
				c.t.Errorf("a sound is missing: %+v", e)
			}
		}
	}
	return ended.Data.(fact.ContactEnded)
}

// contact waits until a caller has arrived.
func (c *centre) contact(number string) string {
	c.t.Helper()
	return c.until(number+" arrives", func(f fact.Fact) bool {
		a, ok := f.Data.(fact.Arrived)
		return ok && a.CallerNumber == number
	}).Subject
}

// dial has an agent's own phone dial a code.
func (c *centre) dial(user, code string) []sipp.Result {
	c.t.Helper()
	own := sipp.Callers{Phone: c.phone(nodetest.UDP(c.t)), User: user, Secret: "s" + user, Calls: []sipp.Call{{Name: code, Number: user, Dialed: code, Patience: time.Minute}}}
	return c.background(func(ctx context.Context) ([]sipp.Result, error) { return own.Run(ctx) }, false)()
}
