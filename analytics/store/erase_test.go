package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
)

// What of a caller the facts of the tests hold; nothing of it may be anywhere afterwards.
const (
	theNumber = "+4930555000111"
	theName   = "Greta Garbo"
	theDigits = "99887766"
	theTitle  = `The "printer" of \Greta\`
	theNote   = "call Greta at 030 555000111"
	theHost   = "f00ba7@198.51.100.7"
)

// secrets are how they could be found.
func secrets() []string {
	return []string{"555000111", "Garbo", theDigits, "Greta", "198.51.100.7"}
}

// call is a contact with everything that tells of its caller.
type call struct {
	contact, number string
	at              time.Time
	kind            fact.Kind
	dialed          string
	customer        string
}

// factsOf are its facts, with positions from first on.
func (c call) factsOf(first uint64) []fact.Fact {
	ticket := &fact.TicketRef{System: "helpdesk", ID: "T-1", Title: theTitle}
	kind, dialed := c.kind, c.dialed
	if kind == "" {
		kind, dialed = fact.KindInbound, "1000"
	}
	list := []struct {
		subject string
		t       fact.Type
		d       fact.Data
	}{
		{c.contact, fact.TypeArrived, fact.Arrived{Call: c.contact + "/c1", Kind: kind, Node: "pbx1", Channel: c.contact, CallerNumber: c.number, CallerName: theName, Dialed: dialed, SIPCallID: theHost}},
		{c.contact, fact.TypeIdentified, fact.Identified{Lookup: "l1", Method: fact.LookupByDigits, Result: fact.LookupFound, Digits: theDigits, Customer: c.customer, CustomerName: theName, Ticket: ticket}},
		{c.contact, fact.TypeQueued, fact.Queued{Entry: c.contact + "/e1", Kind: kind, Queue: "support", Position: 1, RankedAt: c.at}},
		{c.contact, fact.TypeEntryEnded, fact.EntryEnded{Entry: c.contact + "/e1", Kind: kind, Queue: "support", Outcome: fact.EntryAnswered, QueuedAt: c.at, EndedAt: c.at, Arrived: c.at, Customer: c.customer}},
		{c.contact, fact.TypeRecordingStored, fact.RecordingStored{Recording: c.contact + "/r1", Queue: "support", KeepUntil: c.at.AddDate(0, 3, 0)}},
		{c.contact, fact.TypeDisposition, fact.Disposition{Agent: "anna", Code: "solved", Note: theNote}},
		{fact.VoicemailSubject, fact.TypeVoicemailMarked, fact.VoicemailMarked{Contact: c.contact, Recording: c.contact + "/r1", Done: true, Note: theNote, By: fact.BySupervisor}},
		{c.contact, fact.TypeContactEnded, fact.ContactEnded{Kind: kind, Node: "pbx1", StartedAt: c.at, EndedAt: c.at, Customer: c.customer, Ticket: ticket, Calls: 1}},
	}
	var out []fact.Fact
	for i, f := range list {
		out = append(out, fact.Fact{Type: f.t, Subject: f.subject, Sequence: uint64(i + 1), Time: c.at.Add(time.Duration(i) * time.Second), Data: f.d, Source: "controller", Epoch: "e1", Position: first + uint64(i)})
	}
	return out
}

// others are callers who stay as they are; each fact of theirs is to be found unchanged.
func others() []call {
	return []call{
		{contact: "pbx1-2.1", number: "+4930777", at: start, customer: "c-8"},
		{contact: "pbx1-2.2", number: "+4930777", at: start.AddDate(0, 1, 0), kind: fact.KindOutbound, dialed: "+4930778"},
	}
}

// insert loads facts as one plan.
func insert(t *testing.T, s *store.Store, number uint64, facts ...fact.Fact) {
	t.Helper()
	if err := s.Insert(t.Context(), plan(number), facts); err != nil {
		t.Fatal(err)
	}
}

// everything is the content of all tables of the database, by table.
func everything(t *testing.T, url string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range strings.Fields(chdbtest.Query(t, url, "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View'")) {
		out[table] = chdbtest.Query(t, url, "SELECT * FROM "+table+" ORDER BY ALL FORMAT JSONEachRow")
	}
	return out
}

// found are the tables that hold one of the texts.
func found(t *testing.T, url string, texts ...string) []string {
	t.Helper()
	var out []string
	for table, rows := range everything(t, url) {
		for _, text := range texts {
			if strings.Contains(rows, text) {
				out = append(out, table+": "+text)
			}
		}
	}
	slices.Sort(out)
	return out
}

func erasureOf(t *testing.T, s *store.Store, customer string, at time.Time, forms ...string) store.Erasure {
	t.Helper()
	e, err := store.NewErasure(forms, customer, "adam", "asked for by letter", at, at.AddDate(0, 0, 8))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddErasure(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestEmptyLeavesTheRows: what tells of the caller is nowhere in the database, the rows and all else are as they were, and so is who is
// not erased.
func TestEmptyLeavesTheRows(t *testing.T) {
	s, url := openStore(t)
	mine := []call{
		{contact: "pbx1-1.1", number: theNumber, at: start, customer: "c-7"},
		{contact: "pbx1-1.2", number: "101", at: start.AddDate(0, 2, 0), kind: fact.KindOutbound, dialed: theNumber, customer: "c-7"},
	}
	position := uint64(1)
	for i, c := range append(mine, others()...) {
		insert(t, s, uint64(i+1), c.factsOf(position)...)
		position += 100
	}
	stranger := strings.NewReplacer("+4930777", "x", "+4930778", "y")
	before := everything(t, url)
	e := erasureOf(t, s, "", start.AddDate(1, 0, 0), theNumber)
	contacts, err := s.ContactsOf(t.Context(), e, nil, time.Time{})
	if err != nil || !slices.Equal(contacts, []string{"pbx1-1.1", "pbx1-1.2"}) {
		t.Fatalf("contacts %v, %v", contacts, err)
	}
	which := store.Rows{Contacts: contacts}
	there, err := s.Personal(t.Context(), which)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(there); got != "[{arrivals 2} {identified 2} {contacts 2} {dispositions 2} {voicemail_marks 2}]" {
		t.Errorf("to be emptied: %s", got)
	}
	for _, want := range [][]store.Emptied{there, nil} { // the second time there is nothing to do
		emptied, err := s.Empty(t.Context(), which)
		if err != nil || want != nil && !reflect.DeepEqual(emptied, want) {
			t.Fatalf("emptied %v, %v", emptied, err)
		}
		if want == nil && slices.ContainsFunc(emptied, func(e store.Emptied) bool { return e.Rows > 0 }) {
			t.Errorf("emptied again: %v", emptied)
		}
	}
	rows := everything(t, url)
	for table := range rows {
		for _, id := range contacts {
			if n := strings.Count(before[table], id); n > 0 && strings.Count(rows[table], id) < n {
				t.Errorf("%s: the contact %s is gone", table, id)
			}
		}
		if strings.Count(rows[table], "\n") != strings.Count(before[table], "\n") && table != "erasures" {
			t.Errorf("%s: had %d rows, has %d", table, strings.Count(before[table], "\n")+1, strings.Count(rows[table], "\n")+1)
		}
	}
	if stranger.Replace(before["arrivals"]) == before["arrivals"] || strings.Count(rows["arrivals"], "+493077") != 3 || strings.Count(rows["identified"], theName) != 2 {
		t.Error("who is not erased is not as he was")
	}
	wantOf(t, url, contacts)
}

// wantOf asserts that the rows of contacts hold no secret, and those of all others theirs.
func wantOf(t *testing.T, url string, contacts []string) {
	t.Helper()
	for table, rows := range everything(t, url) {
		for line := range strings.Lines(rows) {
			mine := slices.ContainsFunc(contacts, func(id string) bool { return strings.Contains(line, id) })
			for _, secret := range secrets() {
				if mine && strings.Contains(line, secret) {
					t.Errorf("%s still has %q: %s", table, secret, line)
				}
			}
		}
	}
}

// TestEmptyIsErase: a row that was emptied is the row that the erased fact gives, in every table.
func TestEmptyIsErase(t *testing.T) {
	emptied, url := openStore(t)
	loaded, other := openStore(t)
	c := call{contact: "pbx1-1.1", number: theNumber, at: start, kind: fact.KindOutbound, dialed: theNumber, customer: "c-7"}
	facts := c.factsOf(1)
	insert(t, emptied, 1, facts...)
	if _, err := emptied.Empty(t.Context(), store.Rows{Contacts: []string{c.contact}}); err != nil {
		t.Fatal(err)
	}
	for i, f := range facts {
		facts[i] = fact.Erase(f)
	}
	insert(t, loaded, 1, facts...)
	for table := range everything(t, url) {
		if slices.Contains([]string{"loads", "migrations"}, table) {
			continue
		}
		if !strings.Contains(chdbtest.Query(t, url, "SHOW CREATE TABLE "+table), "loaded_at") {
			continue
		}
		ask := "SELECT * EXCEPT (loaded_at) FROM " + table + " ORDER BY ALL FORMAT JSONEachRow"
		if got, want := chdbtest.Query(t, url, ask), chdbtest.Query(t, other, ask); got != want {
			t.Errorf("%s emptied:\n%s\nof erased facts:\n%s", table, got, want)
		}
	}
}

// TestErasedComesBackEmpty: facts of a caller who was erased, that come late, or again, are loaded without what tells of him: by their
// contact for ever, by number and customer as long as the erasure is not over.
func TestErasedComesBackEmpty(t *testing.T) {
	s, url := openStore(t)
	again := openAt(t, url[:strings.Index(url, "/?")], url[strings.Index(url, "=")+1:]) // another loader, which knows nothing yet
	now := start.AddDate(0, 0, 10)
	e := erasureOf(t, s, "", now, theNumber, "030555000111")
	if err := s.Remember(t.Context(), e.ID, []string{"old-pbx-9.1"}, now); err != nil {
		t.Fatal(err)
	}
	insert(t, s, 1, call{contact: "old-pbx-9.1", number: "named otherwise " + theNumber, at: start}.factsOf(1)...)
	insert(t, again, 2, call{contact: "pbx1-3.1", number: "030 555000111", at: start.AddDate(0, 0, 1)}.factsOf(101)...)
	byCustomer := erasureOf(t, s, "c-9", now)
	insert(t, s, 3, call{contact: "pbx1-3.2", number: "+4930600000555000111", at: start, customer: "c-9"}.factsOf(201)...)
	if got := found(t, url, secrets()...); len(got) > 0 {
		t.Errorf("found %v", got)
	}
	for id, want := range map[string]string{e.ID: "[old-pbx-9.1 pbx1-3.1]", byCustomer.ID: "[pbx1-3.2]"} {
		got, err := s.Remembered(t.Context(), id)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("remembered %v, %v, want %s", got, err, want)
		}
	}
	// He calls again: that is no part of it. And when it is over, what recognised him is gone.
	insert(t, s, 4, call{contact: "pbx1-3.3", number: theNumber, at: now.Add(time.Minute)}.factsOf(301)...)
	if got := found(t, url, "555000111"); !slices.Contains(got, "arrivals: 555000111") {
		t.Error("a call after the erasure is erased, too")
	}
	if err := s.EndErasure(t.Context(), e, now.AddDate(0, 0, 8)); err != nil {
		t.Fatal(err)
	}
	insert(t, again, 5, call{contact: "pbx1-3.4", number: theNumber, at: start}.factsOf(401)...)
	insert(t, again, 6, call{contact: "pbx1-3.1", number: theNumber, at: start}.factsOf(501)...)
	if got := chdbtest.Query(t, url, "SELECT contact FROM arrivals WHERE caller_number != '' ORDER BY contact FORMAT TSV"); got != "pbx1-3.3\npbx1-3.4" {
		t.Errorf("with a number: %s", got)
	}
	if got := chdbtest.Query(t, url, "SELECT salt, sums FROM erasures WHERE erasure = '"+e.ID+"'"); got != "\t[]" {
		t.Errorf("what recognised him: %q", got)
	}
}

// TestContactsOf: who is meant, and who is not.
func TestContactsOf(t *testing.T) {
	s, _ := openStore(t)
	var facts []fact.Fact
	add := func(c call) { facts = append(facts, c.factsOf(uint64(len(facts)+1))...) }
	for i, number := range []string{"+4930555000111", "4930555000111", "030 555000111", "0049 30 555000111", "30555000111", "+493055500011", "+49305550001112", "", "Greta@example.org", "greta@example.org"} {
		add(call{contact: fmt.Sprintf("pbx1-1.%d", i), number: number, at: start, customer: fmt.Sprint("c-", i%2)})
	}
	add(call{contact: "later", number: theNumber, at: start.AddDate(0, 0, 2)})
	promise := func(contact, origin string, at time.Time) {
		facts = append(facts, fact.Fact{Type: fact.TypeCallbackPromised, Subject: contact, Sequence: 9, Time: at, Source: "controller", Epoch: "e1", Position: uint64(len(facts) + 1),
			Data: fact.CallbackPromised{Origin: origin, Queue: "support", First: fact.FirstAgent}})
	}
	promise("pbx1-1.0-cb1", "pbx1-1.0", start)
	promise("pbx1-1.0-cb1-cb1", "pbx1-1.0-cb1", start)
	promise("pbx1-1.1", "elsewhere", start)
	promise("pbx1-1.2-cb1", "pbx1-1.2", start.AddDate(0, 0, 2))
	insert(t, s, 1, facts...)
	for name, c := range map[string]struct {
		forms    []string
		customer string
		want     string
	}{
		"number":   {[]string{theNumber, "030555000111", "004930555000111"}, "", "elsewhere pbx1-1.0 pbx1-1.0-cb1 pbx1-1.0-cb1-cb1 pbx1-1.1 pbx1-1.2 pbx1-1.3"},
		"name":     {[]string{"greta@Example.org"}, "", "pbx1-1.8 pbx1-1.9"},
		"customer": {nil, "c-1", "elsewhere pbx1-1.1 pbx1-1.3 pbx1-1.5 pbx1-1.7 pbx1-1.9"},
		"nobody":   {[]string{"+4930000"}, "", ""},
	} {
		e, err := store.NewErasure(c.forms, c.customer, "adam", "asked", start.AddDate(0, 0, 1), start.AddDate(0, 0, 9))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.ContactsOf(t.Context(), e, nil, time.Time{})
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
		}
	}
	for _, forms := range [][]string{nil, {"1"}, {"+49"}, {"**"}} {
		if e, err := store.NewErasure(forms, "", "adam", "asked", start, start); err == nil {
			t.Errorf("%v: %+v", forms, e)
		}
	}
}

// TestDrop drops whole months, and no fact about a ticket.
func TestDrop(t *testing.T) {
	s, url := openStore(t)
	position := uint64(1)
	for i := range 4 {
		c := call{contact: fmt.Sprint("pbx1-", i), number: theNumber, at: start.AddDate(0, i, 0)}
		ticket := fact.Fact{Type: fact.TypeTicketOpened, Subject: "helpdesk:T-1", Time: c.at, Source: "api/pbx1", Epoch: "e2", Position: uint64(i + 1),
			Data: fact.TicketEvent{Type: fact.TypeTicketOpened, System: "helpdesk", EventID: fmt.Sprint(i), Ticket: "T-1"}}
		facts := c.factsOf(position)
		if i < 3 {
			facts = append(facts, ticket)
		}
		insert(t, s, uint64(i+1), facts...)
		position += 100
	}
	for _, want := range []int64{16, 0} {
		dropped, until, err := s.Drop(t.Context(), start.AddDate(0, 2, 0))
		if err != nil || !until.Equal(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) {
			t.Fatalf("%v until %s, %v", dropped, until, err)
		}
		rows := int64(0)
		for _, d := range dropped {
			if d.Table == "events" {
				rows = d.Rows
			}
		}
		if rows != want {
			t.Errorf("dropped %v", dropped)
		}
	}
	for table, want := range map[string]string{"events": "19", "arrivals": "2", "contacts": "2", "tickets": "3", "loads": "4"} {
		if got := count(t, url, table); got != want {
			t.Errorf("%s has %s rows, want %s", table, got, want)
		}
	}
}
