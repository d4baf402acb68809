package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/registry"
	"firstline/analytics/store"
	"firstline/pipeline/archive"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// TestEraseCommand: looked for, erased, looked for again, in the form in which he writes his number; on the real engine.
func TestEraseCommand(t *testing.T) {
	url, database := chdbtest.Database(t)
	dir := t.TempDir()
	yaml := filepath.Join(dir, "firstline.yaml")
	text := fmt.Sprintf("data: %s/data\ncallers: {region: DE}\nrecordings: {dir: %s/recordings}\nclickhouse: {url: %q, database: %s}\nretention: {log: 3d}\nentries: [{number: \"*\", flow: main}]\nqueues: [{id: support}]\nivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]\n", dir, dir, url, database)
	if err := os.WriteFile(yaml, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, mistakes := readSettings(yaml)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	db, err := store.Open(s.Store, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	at, keep := time.Now().Add(-time.Hour).UTC(), time.Now().AddDate(0, 0, 30)
	facts := []fact.Fact{
		{Type: fact.TypeArrived, Subject: "pbx1-1.1", Sequence: 1, Time: at, Source: "controller", Epoch: "e", Position: 1, Data: fact.Arrived{Kind: fact.KindInbound, CallerNumber: "+4930555123", CallerName: "Greta"}},
		{Type: fact.TypeRecordingStored, Subject: "pbx1-1.1", Sequence: 2, Time: at, Source: "controller", Epoch: "e", Position: 2, Data: fact.RecordingStored{Recording: "pbx1-1.1/r1", KeepUntil: keep}},
	}
	if err := db.Insert(t.Context(), load.Load{Plan: load.Plan{Topic: fact.TopicContacts, Number: 1}}, facts); err != nil {
		t.Fatal(err)
	}
	part, err := archive.Dir(s.Recordings.Dir).Part()
	if err == nil {
		err = part.Keep("pbx1-1.1/r1", keep)
	}
	if err != nil {
		t.Fatal(err)
	}
	erase := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"erase", "--config", yaml}, args...), os.Getenv, nil, &stdout, &stderr); code != want {
			t.Fatalf("%v ends with %d: %s%s", args, code, &stdout, &stderr)
		}
		for _, secret := range []string{"555123", "Greta"} {
			if strings.Contains(stdout.String()+stderr.String(), secret) {
				t.Errorf("%v tells %s: %s%s", args, secret, &stdout, &stderr)
			}
		}
		return stdout.String()
	}
	count := func() string {
		return chdbtest.Query(t, url+"/?database="+database, "SELECT count(), countIf(caller_number != '' OR caller_name != '') FROM arrivals")
	}
	erase(exitFault)
	erase(exitFault, "--number", "12")
	erase(exitFault, "--status", "none")
	erase(exitFault, "everything")
	if out := erase(exitOK, "--number", "030 555-123", "--dry-run"); !strings.Contains(out, "Contacts: 1") || !strings.Contains(out, "Nothing is erased") || count() != "1\t1" {
		t.Errorf("%s, arrivals %s", out, count())
	}
	out := erase(exitOK, "--number", "030 555-123", "--reason", "letter of 2 March")
	for _, want := range []string{": erased", "Contacts: 1, of which 1 have not ended", "arrivals         1", "recordings       1", "Remains: log_and_kafka, until 20"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q lacks %q", out, want)
		}
	}
	if count() != "1\t0" {
		t.Errorf("arrivals %s", count())
	}
	if _, err := archive.Dir(s.Recordings.Dir).Open("pbx1-1.1/r1", keep); err == nil {
		t.Error("the recording is there")
	}
	id := strings.TrimSuffix(strings.Fields(out)[1], ":")
	if again := erase(exitOK, "--status", id); again != out {
		t.Errorf("status %s, was %s", again, out)
	}
	state, err := registry.Open(t.Context(), filepath.Join(s.Root.Data, "api"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = state.Close() }()
	log, err := state.Audit(context.Background(), registry.AuditFilter{Until: time.Now().Add(time.Hour), Limit: 10})
	if err != nil || len(log) != 1 || log[0].Actor != operator || !strings.HasPrefix(log[0].Object, "/erasures/"+id) || strings.Contains(log[0].Object, "555") {
		t.Errorf("%+v, %v", log, err)
	}
}

// TestRetentionIsOnePlace: what the section says holds where no other key does, and each mistake has its line.
func TestRetentionIsOnePlace(t *testing.T) {
	const day = 24 * time.Hour
	s, mistakes := readSettings(file(t, `retention: {personal: 90d, contacts: 2y, tickets: 1y, recordings: 30d, messages: 60d, audit: 26w, log: 3d}
kafka: {retention: 48h}
recordings: {dir: /tmp/recordings}
queues:
  - {id: support, recording: {mode: all}}
  - {id: sales, recording: {mode: all, keep: 240h}}
  - {id: post, recording: {keep_messages: 48h}}
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
`))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	if s.Retention.Tickets.Of() != 365*day {
		t.Errorf("tickets %s", s.Retention.Tickets)
	}
	if s.Log.Retain != 3*day || s.Kafka.Retention != 2*day || s.HTTP.AuditKeep != 182*day || s.lasts() != 3*day {
		t.Errorf("log %s, kafka %s, audit %s", s.Log.Retain, s.Kafka.Retention, s.HTTP.AuditKeep)
	}
	for id, want := range map[string][2]time.Duration{"support": {30 * day, 60 * day}, "sales": {10 * day, 0}, "post": {30 * day, 2 * day}} {
		for _, q := range s.Plan.Queues {
			if got := [2]time.Duration{q.Recording.Keep, q.Recording.KeepMessages}; q.ID == id && got != want {
				t.Errorf("%s keeps recordings and messages for %v", id, got)
			}
		}
	}
	s, mistakes = readSettings(file(t, "entries: [{number: \"*\", flow: main}]\nqueues: [{id: support}]\nivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]\n"))
	if len(mistakes) > 0 || s.Log.Retain != 7*day || s.Kafka.Retention != 7*day || s.HTTP.AuditKeep != 365*day || s.Plan.Queues[0].Recording.Keep != 90*day || s.Retention.Personal != "" || s.Retention.Contacts != "" || s.Retention.Tickets != "" {
		t.Errorf("without the section: %v, log %s, %+v", mistakes, s.Log.Retain, s.Retention)
	}
	_, mistakes = readSettings(file(t, "data: ./data\nretention:\n  personal: soon\n  contacts: 3d\n  recordings: 30d\n  logs: 7d\n"))
	var told []string
	for _, m := range mistakes {
		told = append(told, fmt.Sprintf("%d %s", m.Line, m.Path))
	}
	if got := strings.Join(told, ", "); got != "6 retention.logs" {
		t.Errorf("mistakes %s", got)
	}
	_, mistakes = readSettings(file(t, "data: ./data\nretention:\n  personal: soon\n  contacts: 3d\nentries: [{number: \"*\", flow: main}]\nqueues: [{id: support}]\nivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]\n"))
	if len(mistakes) != 2 || mistakes[0].Line != 3 || mistakes[1].Line != 4 || !strings.Contains(mistakes[1].String(), "shorter than 31d") {
		t.Errorf("mistakes %v", mistakes)
	}
}

// TestTicketsOutlastLogs: tickets are kept for as long at least as logs and Kafka keep their events.
func TestTicketsOutlastLogs(t *testing.T) {
	const rest = "entries: [{number: \"*\", flow: main}]\nqueues: [{id: support}]\nivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]\n"
	for text, want := range map[string]string{
		"retention:\n  log: 60d\n  tickets: 60d\n":                 "",
		"retention:\n  log: 60d\n":                                 "",
		"retention:\n  log: 60d\n  tickets: 59d\n":                 ":3: retention.tickets: is shorter than 1440h0m0s",
		"retention:\n  tickets: 59d\nkafka:\n  retention: 1440h\n": ":2: retention.tickets: is shorter than 1440h0m0s",
		"retention:\n  tickets: 30d\n":                             ":2: retention.tickets: is shorter than 31d; write 2y, or leave it out",
		"retention:\n  log: 60d\n  tickets: 90\n":                  ":3: retention.tickets: \"90\" is no time; write 2y, or leave it out",
	} {
		_, mistakes := readSettings(file(t, text+rest))
		if (want == "") != (len(mistakes) == 0) || len(mistakes) > 1 || want != "" && !strings.Contains(mistakes[0].String(), want) {
			t.Errorf("%s: %v, want %q", text, mistakes, want)
		}
	}
}

// TestDocumentedRetention: the section that the page shows is one.
func TestDocumentedRetention(t *testing.T) {
	_, rest, found := strings.Cut(read(t, "../../docs/personal-data.md"), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("no example found")
	}
	if err := compiled(t).Validate(document(t, example)); err != nil {
		t.Errorf("%v\n%s", err, example)
	}
}
