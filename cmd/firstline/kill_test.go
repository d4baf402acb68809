package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstline/analytics/api"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

// TestKillEachRole kills every role but the controller with SIGKILL, in turn, while calls come in: no call and no number
// may differ.
func TestKillEachRole(t *testing.T) {
	t.Parallel()
	p := startProduct(t, "kill", lines)
	stop := p.phones(p.lineAgents()...)
	p.logIn(lineAgentIDs()...)
	from := time.Now().Add(-time.Second)
	calls, want := deal(300 * time.Millisecond)
	ran := make(chan []sipp.Result, 1)
	go func() {
		seen, err := p.callers(0, calls...).Run(context.Background())
		if err != nil {
			t.Error(err)
		}
		ran <- seen
	}()
	for _, role := range []string{"broker", "load", "clickhouse", "api", "load", "broker", "clickhouse"} {
		p.waitFor("a call to talk", time.Minute, func() error { return p.stage("talking", 1) })
		before := p.killRole(role)
		p.waitFor(role+" to be back", time.Minute, func() error {
			if p.roleID(role) == before {
				return errors.New("still the old process")
			}
			return p.ready(p.ports.HTTP)
		})
	}
	seen := <-ran
	contacts := p.loaded(from, len(calls))
	answers := answeredNumbers(stop())
	sums := newTally()
	for _, r := range seen {
		k, c := want[r.Number], contacts[r.Number]
		sums.count(k, r, c)
		for _, wrong := range compare(k, r, answers[r.Number], c) {
			t.Errorf("%s of %s: %s", k.name, r.Number, wrong)
		}
	}
	p.compareSums(sums, from)
	t.Logf("SIPp and API:\n%s", sums)
}

// stage wants at least n contacts in a stage.
func (p *product) stage(stage string, n int) error {
	s, err := p.now()
	if err != nil {
		return err
	}
	if got := s.stages()[stage]; got < n {
		return fmt.Errorf("%d contacts are %s, want %d", got, stage, n)
	}
	return nil
}

// patience is a support line for the controller's death: one agent who talks long, one who rings long, and a queue nobody serves.
const patience = `
queues:
  - {id: talk, name: Talk, ring_timeout: 90s, recording: {mode: all, keep: 24h}}
  - {id: ring, name: Ring, ring_timeout: 90s}
  - {id: wait, name: Wait, join_empty: true}
agents:
  - {id: talker, name: Talker, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [talk]}
  - {id: ringer, name: Ringer, endpoint: PJSIP/302, pin_hash_env: PIN, queues: [ring]}
features: {login: "*11"}
recordings: {dir: RECORDINGS}
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: menu
    nodes:
      menu:
        type: menu
        prompt: [vm-press, digits/1]
        timeout: 60s
        tries: 3
        options:
          "1": {label: Talk, next: talk}
          "2": {label: Ring, next: ring}
          "3": {label: Wait, next: wait}
          "4": {label: Bye, next: bye}
        gave_up: bye
      talk: {type: queue, queue: talk}
      ring: {type: queue, queue: ring}
      wait: {type: queue, queue: wait}
      bye: {type: hangup, media: [vm-goodbye]}
`

// TestKillController kills the controller while a call talks, one waits, one rings and one is in the menu, and keeps it dead
// for 2, 10 and 60 seconds. Calls that come meanwhile are taken by the dialplan's fallback.
func TestKillController(t *testing.T) {
	t.Parallel()
	for _, dead := range []time.Duration{2 * time.Second, 10 * time.Second, time.Minute} {
		t.Run(dead.String(), func(t *testing.T) {
			t.Parallel()
			killController(t, dead)
		})
	}
}

func killController(t *testing.T, dead time.Duration) {
	if testing.Short() && dead > 10*time.Second {
		t.Skip("a minute of silence is for the whole run")
	}
	p := startProduct(t, "dead", strings.ReplaceAll(patience, "RECORDINGS", filepath.Join(t.TempDir(), "recordings")))
	stop := p.phones(
		p.agent(0, "talker", "301", sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 10 * time.Minute}),
		p.agent(1, "ringer", "302", sipp.Act{Do: sipp.DoAnswer, After: dead + 12*time.Second, Talk: 10 * time.Minute}),
	)
	p.logIn("talker", "ringer")
	from := time.Now().Add(-time.Second)
	press := func(key string) []sipp.Press { return []sipp.Press{{After: 500 * time.Millisecond, Digits: key}} }
	end := dead + 20*time.Second // from the first call: after the return, and after the ringer's answer
	calls := []sipp.Call{
		{Name: "talks", Number: "4910001", Dialed: "1", Presses: press("1"), Patience: end},
		{Name: "rings", Number: "4910002", Dialed: "1", Presses: press("2"), Patience: end},
		{Name: "waits", Number: "4910003", Dialed: "1", Presses: press("3"), Patience: end},
		// Presses his key only when the controller is back.
		{Name: "chooses", Number: "4910004", Dialed: "1", Presses: []sipp.Press{{After: dead + 12*time.Second, Digits: "4"}}, Patience: time.Minute},
	}
	ran := make(chan []sipp.Result, 1)
	go func() {
		seen, err := p.callers(0, calls...).Run(context.Background())
		if err != nil {
			t.Error(err)
		}
		ran <- seen
	}()
	for _, stage := range []string{"talking", "waiting", "ringing", "ivr"} {
		p.waitFor("a call to be "+stage, 30*time.Second, func() error { return p.stage(stage, 1) })
	}
	before := p.place("4910003")
	media := p.media()
	p.holdDead(dead)
	if after := p.media(); after <= media {
		t.Errorf("no audio flowed between the talking parties while the controller was dead: %d then %d packets", media, after)
	}
	p.waitFor("the controller to be back", time.Minute, func() error { return p.ready(p.ports.Control) })
	if after := p.place("4910003"); after != before {
		t.Errorf("the waiting caller had queued at %s, after the death %s", before, after)
	}
	late := p.callers(1, sipp.Call{Name: "later", Number: "4910009", Dialed: "1", Presses: press("4"), Patience: time.Minute})
	if _, err := late.Run(context.Background()); err != nil {
		t.Error(err)
	}
	for _, r := range <-ran {
		if !r.Has(sipp.Answered) || (r.Name != "chooses" && r.Last() != sipp.HungUp) {
			t.Errorf("%s: the phone says %+v", r.Name, r.Events)
		}
	}
	contacts := p.loaded(from, 5)
	p.recordedThroughout(contacts["4910001"].ID)
	answers := answeredNumbers(stop())
	for number, want := range map[string]struct {
		result  fact.Result
		answers int
	}{
		"4910001": {fact.ResultAnswered, 1}, "4910002": {fact.ResultAnswered, 1}, "4910003": {fact.ResultAbandoned, 0},
		"4910004": {fact.ResultContained, 0}, "4910009": {fact.ResultContained, 0},
	} {
		if c := contacts[number]; c.Result == nil || *c.Result != want.result || answers[number] != want.answers {
			t.Errorf("%s: %v and %d answers, want %+v", number, deref(c.Result), answers[number], want)
		}
	}
}

// recordedThroughout looks whether a contact's talk was recorded in one piece, as long as it lasted.
func (p *product) recordedThroughout(contact string) {
	p.t.Helper()
	var got struct {
		Recordings []api.ContactRecording `json:"recordings"`
	}
	p.waitFor("the recording to be kept", time.Minute, func() error {
		if err := p.call(http.MethodGet, "/contacts/"+contact+"/recordings", nil, &got); err != nil {
			return err
		}
		if len(got.Recordings) != 1 || got.Recordings[0].State != query.RecordingKept {
			return fmt.Errorf("recordings %+v", got.Recordings)
		}
		return nil
	})
	const bytesEachMS = 32 // two sides, 16 bits, 8,000 a second
	r := got.Recordings[0]
	if lost := *r.DurationMS - *r.Bytes/bytesEachMS; lost < -1000 || lost > 1000 {
		p.t.Errorf("of a talk of %d ms the recording has %d", *r.DurationMS, *r.Bytes/bytesEachMS)
	}
}

// place is since when a caller waits, by the controller's snapshot; "" when he doesn't.
func (p *product) place(number string) string {
	p.t.Helper()
	s, err := p.now()
	p.must(err)
	for _, c := range s.Contacts {
		if c.Stage == "waiting" {
			return c.Entry.QueuedAt.String()
		}
	}
	p.t.Errorf("%s does not wait", number)
	return ""
}

// media is how many RTP packets Asterisk has taken from all channels in bridges.
func (p *product) media() int {
	p.t.Helper()
	var bridges []struct {
		Channels []string `json:"channels"`
	}
	p.ari("/bridges", &bridges)
	sum := 0
	for _, b := range bridges {
		for _, c := range b.Channels {
			var stats struct {
				RXCount int `json:"rxcount"`
			}
			p.ari("/channels/"+c+"/rtp_statistics", &stats)
			sum += stats.RXCount
		}
	}
	return sum
}

func (p *product) ari(path string, into any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/ari%s", p.ports.ARI, path), nil)
	p.must(err)
	req.SetBasicAuth("firstline", "ari-secret")
	resp, err := (&http.Client{}).Do(req)
	p.must(err)
	defer func() { _ = resp.Body.Close() }()
	p.must(json.NewDecoder(resp.Body).Decode(into))
}

// holdDead kills the controller and every successor the parent starts until the time is over.
func (p *product) holdDead(dead time.Duration) {
	p.t.Helper()
	// The parent can't start what is not executable: the binary is taken away for the while.
	path := p.program
	hidden := path + ".hidden"
	p.must(os.Rename(path, hidden))
	defer func() { p.must(os.Rename(hidden, path)) }()
	p.killRole("controller")
	<-time.After(dead)
}
