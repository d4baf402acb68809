package callcenter_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"firstline/pipeline/fact"
	"firstline/pipeline/problem"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// TestShippedConfig: the shipped firstline.yaml is a valid plan, with every queue, agent and flow.
func TestShippedConfig(t *testing.T) {
	plan := planOf(t, "../../deploy/firstline.yaml")
	if len(plan.Queues) != 2 || len(plan.Agents) != 2 || len(plan.Flows) != 1 || len(plan.Entries) != 2 {
		t.Fatalf("got %+v", plan)
	}
	support := plan.Queues[0]
	if support.RingTimeout != 15*time.Second || support.MaxWait != 5*time.Minute || support.Overflow != "sales" || support.Announce != 30*time.Second {
		t.Errorf("support is %+v", support)
	}
	if sales := plan.Queues[1]; sales.RetryDelay != 5*time.Second || sales.MusicClass != "default" {
		t.Errorf("sales has no defaults: %+v", sales)
	}
	if plan.Agents[1].Skills["russian"] != 3 || plan.Features.Pause != "*14" || !plan.Lookup.ByNumber {
		t.Errorf("got %+v", plan)
	}
}

// TestVersionIsOfThePlan: equal configurations have equal versions, different ones don't.
func TestVersionIsOfThePlan(t *testing.T) {
	a, b := planOf(t, "../../deploy/firstline.yaml"), planOf(t, "../../deploy/firstline.yaml")
	if a.Version == "" || a.Version != b.Version {
		t.Errorf("versions %q and %q of the same file", a.Version, b.Version)
	}
	if c := planOf(t, "testdata/plans/base.yaml"); c.Version == a.Version {
		t.Errorf("two plans have version %q", c.Version)
	}
}

func planOf(t *testing.T, file string) *callcenter.Plan {
	t.Helper()
	config := callcenter.DefaultConfig()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(&config); err != nil {
		t.Fatal(err)
	}
	plan, problems := config.Plan()
	if len(problems) > 0 {
		t.Fatalf("%s: %+v", file, problems)
	}
	return plan
}

// seated is a harm to a plan whose first agent sits freely.
func seated(harm func(*callcenter.Config)) func(*callcenter.Config) {
	return func(c *callcenter.Config) {
		c.Agents[0].Endpoint, c.Agents[0].Number = "", "1001"
		c.Seats = []callcenter.SeatConfig{{ID: "201", Endpoint: "PJSIP/201"}, {ID: "202", Endpoint: "PJSIP/202"}}
		harm(c)
	}
}

// TestMistakes changes one thing of a good plan at a time and wants it named, with a mend.
func TestMistakes(t *testing.T) {
	minute := time.Minute
	for _, test := range []struct {
		path string
		harm func(c *callcenter.Config)
	}{
		{"queues", func(c *callcenter.Config) { c.Queues = nil }},
		{"queues.0.id", func(c *callcenter.Config) { c.Queues[0].ID = "" }},
		{"queues.1.id", func(c *callcenter.Config) { c.Queues[1].ID = c.Queues[0].ID }},
		{"queues.1.id", func(c *callcenter.Config) { c.Queues[1].ID = "a/b" }},
		{"queues.0.ring_timeout", func(c *callcenter.Config) { c.Queues[0].RingTimeout = new(time.Duration) }},
		{"queues.0.max_wait", func(c *callcenter.Config) { c.Queues[0].MaxWait = -time.Second }},
		{"queues.0.announce_every", func(c *callcenter.Config) { c.Queues[0].AnnounceEvery = time.Second }},
		{"queues.0.max_missed", func(c *callcenter.Config) { c.Queues[0].MaxMissed = -1 }},
		{"queues.0.max_length", func(c *callcenter.Config) { c.Queues[0].MaxLength = -1 }},
		{"queues.0.overflow", func(c *callcenter.Config) { c.Queues[0].Overflow = "nowhere" }},
		{"queues.0.overflow", func(c *callcenter.Config) { c.Queues[0].Overflow = c.Queues[0].ID }},
		{"queues.0.overflow", func(c *callcenter.Config) { c.Queues[0].MaxWait = 0 }},
		{"agents.1.id", func(c *callcenter.Config) { c.Agents[1].ID = c.Agents[0].ID }},
		{"agents.0.endpoint", func(c *callcenter.Config) { c.Agents[0].Endpoint = "101" }},
		{"agents.1.endpoint", func(c *callcenter.Config) { c.Agents[1].Endpoint = c.Agents[0].Endpoint }},
		{"agents.0.endpoint", func(c *callcenter.Config) { c.Agents[0].Endpoint = "" }},
		{"seats", func(c *callcenter.Config) { c.Seats = []callcenter.SeatConfig{{ID: "201", Endpoint: "PJSIP/201"}} }},
		{"seats.1.id", seated(func(c *callcenter.Config) { c.Seats[1].ID = "201" })},
		{"seats.1.endpoint", seated(func(c *callcenter.Config) { c.Seats[1].Endpoint = "PJSIP/201" })},
		{"seats.0.endpoint", seated(func(c *callcenter.Config) { c.Seats[0].Endpoint = c.Agents[1].Endpoint })},
		{"seats.0.endpoint", seated(func(c *callcenter.Config) { c.Seats[0].Endpoint = "201" })},
		{"agents.1.number", seated(func(c *callcenter.Config) { c.Agents[1].Number = "1002" })},
		{"agents.0.number", seated(func(c *callcenter.Config) { c.Agents[0].Number = "10a" })},
		{"agents.1.number", seated(func(c *callcenter.Config) { c.Agents[1].Endpoint, c.Agents[1].Number = "", "1001" })},
		{"agents.0.number", seated(func(c *callcenter.Config) { c.Features.LoginPIN = true })},
		{"features.login", seated(func(c *callcenter.Config) { c.Features.Login = "" })},
		{"features.ready", seated(func(c *callcenter.Config) { c.Features.Ready = c.Features.Login + "*7" })},
		{"agents.0.queues.0", func(c *callcenter.Config) { c.Agents[0].Queues[0] = "nowhere" }},
		{"agents.0.skills.english", func(c *callcenter.Config) { c.Agents[0].Skills["english"] = 0 }},
		{"agents.0.wrap_up", func(c *callcenter.Config) { w := -minute; c.Agents[0].WrapUp = &w }},
		{"entries", func(c *callcenter.Config) { c.Entries = nil }},
		{"entries.0.number", func(c *callcenter.Config) { c.Entries[0].Number = "" }},
		{"entries.1", func(c *callcenter.Config) { c.Entries[1].Number = c.Entries[0].Number }},
		{"entries.1", func(c *callcenter.Config) { c.Entries[0].Number = "*" }},
		{"entries.0.callers.1", func(c *callcenter.Config) { c.Entries[0].Callers = []string{"+4930*", "*"} }},
		{"entries.1.callers.0", func(c *callcenter.Config) {
			c.Entries[0].Number, c.Entries[0].Callers, c.Entries[1].Callers = "*", []string{"+49*"}, []string{"+4930*"}
		}},
		{"entries.1.callers_file", func(c *callcenter.Config) {
			c.Entries[1].CallersFile, c.Entries[1].Listed = "list.txt", []callcenter.Listed{{Pattern: "+49 30", Line: 7}}
		}},
		{"entries.0.flow", func(c *callcenter.Config) { c.Entries[0].Reject = true }},
		{"entries.0.share", func(c *callcenter.Config) { c.Entries[0].Share = 101 }},
		{"entries.0.share", func(c *callcenter.Config) { c.Entries[0].Share = -1 }},
		{"entries.0.until", func(c *callcenter.Config) {
			c.Entries[0].From, c.Entries[0].Until = "2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"
		}},
		{"entries.0.from", func(c *callcenter.Config) { c.Entries[0].From = "2026-03-02" }},
		{"entries.1.until", func(c *callcenter.Config) { c.Entries[1].Until = "tomorrow" }},
		{"queues.0.keep_place", func(c *callcenter.Config) { c.Queues[0].KeepPlace = 61 * minute }},
		{"queues.0.recording.mode", func(c *callcenter.Config) { c.Queues[0].Recording.Mode = "some" }},
		{"queues.0.recording.share", func(c *callcenter.Config) { c.Queues[0].Recording.Mode = callcenter.RecordShare }},
		{"queues.0.recording.share", func(c *callcenter.Config) { c.Queues[0].Recording.Share = 5 }},
		{"queues.0.recording.keep", func(c *callcenter.Config) { c.Queues[0].Recording.Keep = minute }},
		{"queues.0.recording.pause_limit", func(c *callcenter.Config) { c.Queues[0].Recording.PauseLimit = -minute }},
		{"entries.0.flow", func(c *callcenter.Config) { c.Entries[0].Flow = "nowhere" }},
		{"features.login", func(c *callcenter.Config) { c.Features.Login = "login" }},
		{"features.logout", func(c *callcenter.Config) { c.Features.Logout = c.Features.Login }},
		{"features.ready", func(c *callcenter.Config) { c.Features.Ready = c.Features.Pause + "9" }},
		{"features.pause", func(c *callcenter.Config) { c.PauseReasons = nil }},
		{"pause_reasons.1", func(c *callcenter.Config) { c.PauseReasons[1] = c.PauseReasons[0] }},
		{"pause_reasons.0.billable", func(c *callcenter.Config) {
			c.PauseReasons = []callcenter.PauseReason{{Name: fact.AutoPauseReason, Billable: true}}
		}},
		{"dispositions.0", func(c *callcenter.Config) { c.Dispositions[0] = " " }},
		{"integrations.tickets.timeout", func(c *callcenter.Config) { c.Integrations.Tickets.Timeout = 2 * minute }},
		{"integrations.tickets.ticket_url", func(c *callcenter.Config) { c.Integrations.Tickets.TicketURL = "http://t/" }},
		{"schedules.0.zone", func(c *callcenter.Config) { c.Schedules[0].Zone = "Mars/Base" }},
		{"queues.0.full_media.0", func(c *callcenter.Config) { c.Queues[0].FullMedia = []string{"promt:full"} }},
		{"features.login_media.0", func(c *callcenter.Config) { c.Features.LoginMedia = []string{" "} }},
		{"incidents", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{ID: "a", Media: []string{"beep"}}} }},
		{"incidents.0.id", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{Media: []string{"beep"}}} }},
		{"incidents.0.id", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{ID: "a/b", Media: []string{"beep"}}} }},
		{"incidents.1.id", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{ID: "a"}, {ID: "a"}} }},
		{"incidents.0.media", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{ID: "a"}} }},
		{"incidents.0.media.0", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{ID: "a", Media: []string{" "}}} }},
		{"incidents.0.when", func(c *callcenter.Config) { c.Incidents = []ivr.Incident{{ID: "a", When: "north"}} }},
		{"ivr.0.nodes.q.queue", func(c *callcenter.Config) { c.IVR[0].Nodes["q"] = ivr.Node{Type: ivr.TypeQueue, Queue: "nowhere"} }},
	} {
		var config callcenter.Config
		raw, err := os.ReadFile("testdata/plans/base.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(raw, &config); err != nil {
			t.Fatal(err)
		}
		test.harm(&config)
		problems := config.Validate()
		i := slices.IndexFunc(problems, func(p problem.Problem) bool { return p.Path == test.path })
		if i < 0 {
			t.Errorf("%s: not named, but %+v", test.path, problems)
			continue
		}
		if p := problems[i]; p.Message == "" || p.Mend == "" || strings.HasSuffix(p.Message, ".") {
			t.Errorf("%s: %+v", test.path, p)
		}
	}
}

// TestNewRefuses: a plan with a mistake makes no centre, and changes of somebody else are not taken.
func TestNewRefuses(t *testing.T) {
	if _, err := callcenter.New(&callcenter.Plan{}); err == nil {
		t.Error("an empty plan is taken")
	}
	c, err := callcenter.New(loadPlan(t, "base"))
	if err != nil {
		t.Fatal(err)
	}
	before := c.Changes()
	for _, bad := range []callcenter.Change{
		{Key: "stranger", Value: []byte(`{}`)}, {Key: "meta", Value: []byte(`{"plan":"unknown"}`)},
		{Key: "contact/c", Value: []byte(`{"id":"c","plan":"unknown","stage":"flow"}`)}, {Key: "agent/a", Value: []byte(`[`)},
	} {
		if err := c.Restore(append(slices.Clone(before), bad)); err == nil {
			t.Errorf("%s is restored", bad.Key)
		}
	}
	if !slices.EqualFunc(c.Changes(), before, func(a, b callcenter.Change) bool { return a.Key == b.Key && bytes.Equal(a.Value, b.Value) }) {
		t.Error("a failed restore changed the centre")
	}
}

// TestSecretsStayInMemory: digits of a secret collection are in no change and no fact, only in the lookup command.
func TestSecretsStayInMemory(t *testing.T) {
	p := newPlayer(t)
	p.play("ready anna\narrive c1 number=1 dialed=1000\ndigit c1 1\n+1s digit c1 2\n+1s digit c1 7\n+1s digit c1 3\n+1s digit c1 9")
	leaks := func() bool {
		for _, ch := range p.center.Changes() {
			if strings.Contains(string(ch.Value), `"739`) {
				return true
			}
		}
		return false
	}
	if leaks() {
		t.Error("digits pressed so far are in the changes")
	}
	out := p.play("+1s digit c1 5")
	if !strings.Contains(out, "value=7395") {
		t.Errorf("no lookup by the digits: %s", out)
	}
	if leaks() {
		t.Error("the lookup's digits are in the changes")
	}
	if out := p.play("restart\nlost\n+10ms reconciled c1:Up"); strings.Contains(out, "Lookup") {
		t.Errorf("a lookup without its digits: %s", out)
	}
}

// TestPINStaysInMemory: what is entered as a PIN at a seat is in no change and no fact, not even its last keys, only in the command
// that has it checked.
func TestPINStaysInMemory(t *testing.T) {
	p := newPlayer(t)
	leaks := func(when string) {
		t.Helper()
		for _, ch := range p.center.Changes() {
			if text := string(ch.Value); strings.Contains(text, "739") || strings.Contains(text, `"d":"3"`) || strings.Contains(text, `"d":"9"`) {
				t.Errorf("%s: %s", when, text)
			}
		}
	}
	p.play("plan seats\nready anna\narrive s1 number=201 dialed=*11*1001 endpoint=PJSIP/201\n+1s dials s1 7395")
	leaks("while it is entered")
	if out := p.play("dials s1 #"); !strings.Contains(out, "pin=7395") {
		t.Errorf("nobody is asked about the PIN: %s", out)
	}
	leaks("while it is checked")
	p.play("pin s1/x5 right\nended s1")
	leaks("when he is logged in")
	if out := p.play("arrive s2 number=201 dialed=*11*1001*7395 endpoint=PJSIP/201"); strings.Contains(out, "739") {
		t.Errorf("who dials his PIN with the code finds it in the facts: %s", out)
	}
	leaks("when he dials it")
}
