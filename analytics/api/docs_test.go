package api

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live"
	"firstline/pipeline/fact"
)

const docsPage = "../../docs/api.md"

// The examples of events on the page are what the code sends: every field is known, none is missing.
func TestDocumentedEvents(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]func() any{
		"state": func() any { return &live.Wallboard{} }, "agent": func() any { return &live.AgentView{} }, "offer": func() any { return &fact.Popup{} },
		"offer_ended": func() any { return &live.OfferEnd{} }, "heartbeat": func() any { return &live.Freshness{} },
		"queues": func() any { return &struct{ Queues []live.QueueBrief }{} },
	}
	found := regexp.MustCompile("(?s)<!-- event: (\\w+) -->\n```json\n(.*?)\n```").FindAllSubmatch(page, -1)
	if len(found) != len(types) {
		t.Errorf("%d examples, %d events", len(found), len(types))
	}
	for _, f := range found {
		name, example := string(f[1]), f[2]
		into := types[name]()
		d := json.NewDecoder(bytes.NewReader(example))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := json.Marshal(into)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := keys(t, example), keys(t, b); !reflect.DeepEqual(got, want) && name != "queues" {
			t.Errorf("%s: the page shows\n%v\nthe code sends\n%v", name, got, want)
		}
	}
}

// So is what the page about data quality shows of the clocks.
func TestDocumentedClocks(t *testing.T) {
	page, err := os.ReadFile("../../docs/data-quality.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```json\n\"clocks\": (.*?)\n```").FindSubmatch(page)
	if found == nil {
		t.Fatal("the page shows no clocks")
	}
	var c Clocks
	d := json.NewDecoder(bytes.NewReader(found[1]))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := keys(t, found[1]), keys(t, b); !reflect.DeepEqual(got, want) {
		t.Errorf("the page shows\n%v\nthe API answers\n%v", got, want)
	}
}

// So are the examples of what was recorded, of the messages that callers left, of callbacks and of a ticket.
func TestDocumentedLists(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, options{})
	for begin, path := range map[string]string{
		`{"recordings"`: "/contacts/pbx1-1.1/recordings", "{\"items\": [{\n  \"contact\"": "/voicemails" + window, "{\"items\": [{\n  \"callback\"": "/callbacks" + window,
		`{"as_of": "2026-03-02T10:00:00.000Z", "system"`: "/tickets/helpdesk/4711",
	} {
		example := regexp.MustCompile("(?s)```json\n(" + regexp.QuoteMeta(begin) + ".*?)\n```").FindSubmatch(page)
		if example == nil {
			t.Fatalf("there is no example that begins with %s", begin)
		}
		sent := w.get(Prefix+path, w.signIn("sue")).body
		if got, want := keys(t, example[1]), keys(t, sent); !reflect.DeepEqual(got, want) {
			t.Errorf("the page shows\n%v\nthe code sends\n%v", got, want)
		}
	}
}

// keys are the paths of all fields in a JSON value, without list indexes.
func keys(t *testing.T, raw []byte) []string {
	t.Helper()
	set := map[string]bool{}
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				set[prefix+k] = true
				walk(prefix+k+".", inner)
			}
		case []any:
			for _, inner := range v {
				walk(prefix, inner)
			}
		}
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	walk("", v)
	var out []string
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// The ticket events that the pages send are accepted.
func TestDocumentedTicketEvents(t *testing.T) {
	site := DefaultSite()
	for _, path := range []string{docsPage, "../../docs/tickets.md"} {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bodies := regexp.MustCompile(`body='(\{.*\})'`).FindAllSubmatch(page, -1)
		if len(bodies) == 0 {
			t.Errorf("%s sends no event", path)
		}
		for _, body := range bodies {
			event, err := decodeTicketEvent("application/json", body[1])
			if err == nil {
				_, err = event.fact(&site, time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
			}
			if err != nil {
				t.Errorf("%s: %s: %v", path, body[1], err)
			}
		}
	}
}

// Every code is explained with its status, and every path on the page exists.
func TestDocumentedCodesAndPaths(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes() {
		line := regexp.MustCompile("(?m)^\\|.*`" + string(code) + "`.*$").Find(page)
		if !strings.Contains(string(line), strconv.Itoa(kindOf(code).status)) {
			t.Errorf("%s (%d) is not explained: %q", code, kindOf(code).status, line)
		}
	}
	w := newWorld(t, options{})
	var doc struct{ Paths map[string]any }
	w.get(Prefix+"/openapi.json", "").into(t, &doc)
	names := strings.NewReplacer("/helpdesk/4711", "/{system}/{id}", "/anna", "/{id}", "/outage", "/{id}", "/pbx1-1763838123.4-cb1", "/{id}", "/pbx1-1763838123.4", "/{id}", "/r1/", "/{n}/")
	for _, path := range regexp.MustCompile(`/api/v1/[a-z/._0-9-]+`).FindAllString(string(page), -1) {
		if _, ok := doc.Paths[names.Replace(path)]; !ok && path != Prefix+"/openapi.json" {
			t.Errorf("%s is not in the OpenAPI document", path)
		}
	}
}
