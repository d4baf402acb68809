package query

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/chdb/chdbtest"
	"firstline/pipeline/fact"
)

func load(t testing.TB, facts []fact.Fact) clickhouse.Conn {
	t.Helper()
	url, name := chdbtest.Database(t)
	chdbtest.Query(t, url, "CREATE DATABASE "+name)
	mig, err := os.ReadFile("../store/migrations/0001_facts.sql")
	if err != nil {
		t.Fatal(err)
	}
	sql := strings.NewReplacer("{engine}", "MergeTree", "{on_cluster}", "", "{settings}", "index_granularity=8192").Replace(string(mig))
	sql = regexp.MustCompile(`(CODEC\((?:[^()]|\([^()]*\))*\)) (COMMENT '[^']*')`).ReplaceAllString(sql, "$2 $1")
	conn, err := clickhouse.Open(&clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{strings.TrimPrefix(url, "http://")}, Auth: clickhouse.Auth{Database: name}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	for _, s := range strings.Split(sql, ";\n") {
		if strings.TrimSpace(s) == "" {
			continue
		}
		if err := conn.Exec(context.Background(), s); err != nil {
			t.Fatal(err, s)
		}
	}
	tables := map[string]*bytes.Buffer{}
	var mark time.Time
	for _, f := range facts {
		if f.Topic() != fact.TopicTickets && f.Time.After(mark) {
			mark = f.Time
		}
		put(t, tables, "events", f)
		put(t, tables, tableOf[f.Type], f)
	}
	for table, rows := range tables {
		chdbtest.Query(t, url+"/?database="+name+"&date_time_input_format=best_effort&input_format_skip_unknown_fields=1", "INSERT INTO "+table+" FORMAT JSONEachRow\n"+rows.String())
	}
	if !mark.IsZero() {
		if err := conn.Exec(context.Background(), "INSERT INTO loads (topic, watermark) VALUES ('firstline.contacts.v1', '"+mark.UTC().Format("2006-01-02 15:04:05.000")+"')"); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

var tableOf = map[fact.Type]string{
	fact.TypeArrived: "arrivals", fact.TypeIdentified: "identified", fact.TypeIVREntered: "ivr_steps", fact.TypeIVRLeft: "ivr_visits",
	fact.TypeQueued: "entries_opened", fact.TypeQueueRefused: "refusals", fact.TypeEntryEnded: "entries", fact.TypeOffered: "offers_opened",
	fact.TypeOfferEnded: "offers", fact.TypeSegmentStarted: "segments_opened", fact.TypeSegmentEnded: "segments", fact.TypeCallEnded: "calls",
	fact.TypeContactEnded: "contacts", fact.TypeAgentLoggedIn: "agent_logins", fact.TypeAgentStateBegan: "agent_states_opened", fact.TypeAgentStateEnded: "agent_states",
	fact.TypeTicketLinked: "tickets", fact.TypeTicketOpened: "tickets", fact.TypeTicketFirstReply: "tickets", fact.TypeTicketResolved: "tickets", fact.TypeTicketReopened: "tickets",
}

func put(t testing.TB, tables map[string]*bytes.Buffer, table string, f fact.Fact) {
	raw, _ := json.Marshal(f.Data)
	row := map[string]any{}
	_ = json.Unmarshal(raw, &row)
	for k, v := range row {
		if m, ok := v.(map[string]any); ok {
			for kk, vv := range m {
				row[k+"_"+kk] = vv
			}
			delete(row, k)
		}
	}
	if p, ok := row["position"]; ok {
		row["position_in_queue"] = p
	}
	if table == "events" {
		row = map[string]any{"body": string(raw)}
	}
	row["type"], row["subject"], row["sequence"], row["time"] = f.Type, f.Subject, f.Sequence, f.Time
	row["source"], row["epoch"], row["position"], row["loaded_at"] = f.Source, f.Epoch, f.Position, f.Time.Add(2*time.Second)
	switch f.Topic() {
	case fact.TopicAgents:
		row["agent"] = f.Subject
	case fact.TopicContacts:
		row["contact"] = f.Subject
	}
	if tables[table] == nil {
		tables[table] = &bytes.Buffer{}
	}
	_ = json.NewEncoder(tables[table]).Encode(row)
}
