package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// mailbox is two days of messages: facts of contacts who leave some, and of others who are recorded while they talk.
type mailbox struct {
	random *rand.Rand
	began  time.Time
	facts  []fact.Fact
}

func newMailbox(began time.Time) *mailbox {
	m := &mailbox{random: rand.New(rand.NewPCG(3, 5)), began: began}
	for i := range 150 {
		m.contact(fmt.Sprintf("pbx1-%d.1", i))
	}
	m.marks()
	return m
}

// marks are made up to three times of a message, by whom it suits, in an order of their own; many fall on the same instant, and some are of
// no message in the list.
func (m *mailbox) marks() {
	var marked []fact.VoicemailMarked
	for _, f := range m.facts {
		if d, ok := f.Data.(fact.RecordingStarted); ok {
			for i := range m.random.IntN(4) {
				marked = append(marked, fact.VoicemailMarked{
					Contact: f.Subject, Recording: d.Recording, Done: m.often(60), Note: []string{"", "called back", "twice"}[m.random.IntN(3)],
					By: fact.BySupervisor, Actor: fmt.Sprintf("sue%d", i),
				})
			}
		}
	}
	m.random.Shuffle(len(marked), func(i, j int) { marked[i], marked[j] = marked[j], marked[i] })
	at := m.began.Add(7 * 24 * time.Hour)
	for i, d := range marked {
		if m.often(50) {
			at = at.Add(time.Duration(m.random.IntN(60)) * time.Minute)
		}
		m.facts = append(m.facts, fact.Fact{Type: fact.TypeVoicemailMarked, Subject: fact.VoicemailSubject, Sequence: uint64(i + 1), Time: at, //nolint:gosec // small
			Source: "controller", Epoch: "e1", Position: uint64(len(m.facts) + 1), Data: d})
	}
}

func (m *mailbox) often(percent int) bool { return m.random.IntN(100) < percent }

// contact is one that arrives, perhaps is known, is recorded up to three times, and perhaps ends. Several begin in the same
// second, and some come to the mailbox days after their arrival.
func (m *mailbox) contact(id string) {
	at, n := m.began.Add(time.Duration(m.random.IntN(48*60))*time.Minute), uint64(0)
	add := func(d fact.Data, t fact.Type) {
		n++
		m.facts = append(m.facts, fact.Fact{Type: t, Subject: id, Sequence: n, Time: at, Source: "controller", Epoch: "e1", Position: uint64(len(m.facts) + 1), Data: d})
	}
	arrived := fact.Arrived{Call: id + "/c1", Kind: fact.KindInbound, Language: "en"}
	if m.often(80) {
		arrived.CallerNumber, arrived.CallerName = "+4930"+id[5:], "Caller "+id
	}
	add(arrived, fact.TypeArrived)
	customer := ""
	for range m.random.IntN(3) {
		at = at.Add(time.Second)
		found := fact.Identified{Result: fact.LookupNotFound}
		if m.often(60) {
			customer = fmt.Sprintf("C%d", m.random.IntN(9))
			found.Result, found.Customer = fact.LookupFound, customer
		}
		add(found, fact.TypeIdentified)
	}
	if m.often(10) {
		at = at.Add(3 * 24 * time.Hour)
	}
	for i := range m.random.IntN(4) {
		at = at.Add(time.Duration(m.random.IntN(3)) * time.Minute)
		r, queue := fmt.Sprintf("%s/r%d", id, i+1), []string{"support", "sales"}[m.random.IntN(2)]
		cause, agent := fact.RecordVoicemail, ""
		if m.often(20) {
			cause, agent = fact.RecordAll, "anna"
		}
		add(fact.RecordingStarted{Recording: r, Call: id + "/c1", Queue: queue, Agent: agent, Cause: cause}, fact.TypeRecordingStarted)
		if m.often(5) {
			continue // it goes on
		}
		began, length := at, time.Duration(m.random.IntN(60_000))*time.Millisecond
		at = at.Add(length)
		add(fact.RecordingEnded{
			Recording: r, Call: id + "/c1", Queue: queue, Agent: agent, Cause: cause, Result: fact.RecordingComplete, StartedAt: began, EndedAt: at, DurationMS: length.Milliseconds(),
		}, fact.TypeRecordingEnded)
		for range m.random.IntN(3) { // none, one, or first this and then that
			if m.often(70) {
				add(fact.RecordingStored{Recording: r, Queue: queue, DurationMS: length.Milliseconds(), KeepUntil: at.Add(time.Duration(m.random.IntN(96)) * time.Hour)}, fact.TypeRecordingStored)
			} else {
				add(fact.RecordingLost{Recording: r, Queue: queue, Error: "no such file"}, fact.TypeRecordingLost)
			}
		}
	}
	if m.often(80) {
		add(fact.ContactEnded{Kind: fact.KindInbound, Customer: customer, Language: "ru", StartedAt: m.began, EndedAt: at}, fact.TypeContactEnded)
	}
}

// messages are what the facts say, gathered plainly: newest first.
func (m *mailbox) messages(req VoicemailRequest, now time.Time) []Voicemail {
	list := []Voicemail{}
	for _, f := range m.facts {
		if d, ok := f.Data.(fact.RecordingEnded); ok && d.Cause == fact.RecordVoicemail && !d.StartedAt.Before(req.From) && d.StartedAt.Before(req.Until) &&
			(req.Queues == nil || slices.Contains(req.Queues, d.Queue)) {
			list = append(list, Voicemail{
				Contact: f.Subject, Recording: d.Recording, Number: strings.TrimPrefix(d.Recording, f.Subject+"/"), Queue: d.Queue,
				StartedAt: d.StartedAt, DurationMS: d.DurationMS, State: RecordingEnded,
			})
		}
	}
	for _, f := range m.facts {
		for i := range list {
			if list[i].Contact == f.Subject {
				list[i].learn(f.Data, now)
			}
			if d, ok := f.Data.(fact.VoicemailMarked); ok && d.Recording == list[i].Recording {
				list[i].marked(f.Time, d)
			}
		}
	}
	list = slices.DeleteFunc(list, func(v Voicemail) bool { return req.Done != nil && v.Done != *req.Done })
	slices.SortFunc(list, func(a, b Voicemail) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt), strings.Compare(b.Recording, a.Recording))
	})
	return list
}

func (v *Voicemail) marked(at time.Time, d fact.VoicemailMarked) {
	v.Done, v.DoneAt, v.DoneBy, v.Note = d.Done, nil, "", ""
	if d.Done {
		v.DoneAt, v.DoneBy, v.Note = &at, d.Actor, d.Note
	}
}

func (v *Voicemail) learn(data fact.Data, now time.Time) {
	switch d := data.(type) {
	case fact.Arrived:
		v.CallerNumber, v.CallerName, v.Language = d.CallerNumber, d.CallerName, d.Language
	case fact.Identified:
		if d.Result == fact.LookupFound {
			v.Customer = d.Customer
		}
	case fact.ContactEnded:
		v.Customer, v.Language = d.Customer, d.Language
	case fact.RecordingStored:
		if d.Recording == v.Recording {
			v.State, v.KeepUntil, v.Error = RecordingKept, &d.KeepUntil, nil
			if now.Truncate(24 * time.Hour).After(d.KeepUntil) {
				v.State = RecordingDeleted
			}
		}
	case fact.RecordingLost:
		if d.Recording == v.Recording {
			v.State, v.KeepUntil, v.Error = RecordingLost, nil, &d.Error
		}
	}
}

// The list is what the facts say, whatever is asked for and however small its pages are.
func TestVoicemails(t *testing.T) {
	began := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	now := began.Add(72 * time.Hour)
	box := newMailbox(began)
	r := New(loadFacts(t, slices.Concat(box.facts, box.facts)), DefaultConfig(), func() time.Time { return now }) // each came twice
	all := VoicemailRequest{From: began, Until: began.Add(6 * 24 * time.Hour)}
	states := map[RecordingState]int{}
	yes, no := true, false
	for name, edit := range map[string]func(*VoicemailRequest){
		"all":       func(*VoicemailRequest) {},
		"one page":  func(r *VoicemailRequest) { r.Limit = MaxPage },
		"by one":    func(r *VoicemailRequest) { r.Limit, r.Until = 1, began.Add(8*time.Hour) },
		"a queue":   func(r *VoicemailRequest) { r.Queues, r.Limit = []string{"sales"}, 7 },
		"no queue":  func(r *VoicemailRequest) { r.Queues = []string{} },
		"a day":     func(r *VoicemailRequest) { r.From, r.Until = began.Add(12*time.Hour), began.Add(36*time.Hour) },
		"days late": func(r *VoicemailRequest) { r.From = began.Add(60 * time.Hour) },
		"done":      func(r *VoicemailRequest) { r.Done, r.Limit = &yes, 9 },
		"open":      func(r *VoicemailRequest) { r.Done, r.Limit, r.Queues = &no, 9, []string{"support"} },
	} {
		req := all
		edit(&req)
		want := box.messages(req, now)
		if got := voicemailsOf(t, r, req); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d messages, want %d\n%+v\n%+v", name, len(got), len(want), got, want)
		}
		if len(want) == 0 && name != "no queue" {
			t.Errorf("%s: there is none", name)
		}
		for _, v := range want {
			states[v.State]++
		}
	}
	if len(states) != 4 {
		t.Errorf("only the states %v", states)
	}

	for i := range 20 {
		box.timeline(t, r, fmt.Sprintf("pbx1-%d.1", i))
	}

	var invalid *Invalid
	_, err := r.Voicemails(context.Background(), VoicemailRequest{From: began, Until: began, Limit: MaxPage + 1, Cursor: "!"})
	if !errors.As(err, &invalid) || len(invalid.Problems) != 3 {
		t.Errorf("a bad request: %v", err)
	}
}

// timeline checks that a contact's timeline has the marks of its messages, in order.
func (m *mailbox) timeline(t *testing.T, r *Reader, contact string) {
	t.Helper()
	var want, got []string
	for _, f := range m.facts {
		if d, ok := f.Data.(fact.VoicemailMarked); ok && d.Contact == contact {
			want = append(want, f.ID())
		}
	}
	line, err := r.Timeline(context.Background(), contact, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range line.Facts {
		if f.Type == fact.TypeVoicemailMarked {
			got = append(got, f.ID)
		}
	}
	if got = slices.Compact(got); !slices.Equal(got, want) { // a timeline shows what came twice
		t.Errorf("%s: the timeline has the marks %v, want %v", contact, got, want)
	}
}

// voicemailsOf reads every page.
func voicemailsOf(t *testing.T, r *Reader, req VoicemailRequest) []Voicemail {
	t.Helper()
	out := []Voicemail{}
	for {
		page, err := r.Voicemails(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Items...)
		if len(out) > 1000 {
			t.Fatal("the pages come to no end")
		}
		if page.Next == nil {
			return out
		}
		if size := cmp.Or(req.Limit, DefaultPage); len(page.Items) != size {
			t.Fatalf("a page of %d, not the last one, has %d", size, len(page.Items))
		}
		req.Cursor = *page.Next
	}
}
