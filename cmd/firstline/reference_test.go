package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"firstline/analytics/alert"
	"firstline/analytics/api"
	"firstline/pipeline/config/reference"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
	"firstline/telephony/prompts"
)

var rewrite = flag.Bool("rewrite", false, "write docs/configuration.md and docs/firstline.schema.json anew")

func configuration(t *testing.T) *reference.Reference {
	t.Helper()
	r, err := reference.Build("../..", defaults().views(), map[string]string{
		"asterisk":   "how Asterisk is reached, and how it is run where Firstline runs it itself",
		"controller": "the controller's internal HTTP, for who serves it and who asks it",
		"kafka":      "the broker, embedded or outside",
		"load":       "the loader, from Kafka to ClickHouse",
		"log":        "the durable logs of controller and API",
		"query":      "limits of one statement of a report",
		"clickhouse": "the database, embedded or outside",
		"queue_log":  "the queue_log that Firstline writes for app_queue's report tools",
		"http":       "the API and the pages",
		"prompts":    "what the site says itself, as text or recorded: docs/prompts.md",
		"recordings": "where what is recorded is kept, and how it is fetched: docs/recordings.md",
		"retention":  "for how long what is kept: docs/personal-data.md. A time is a number with d, w or y, as 90d, or a duration",
		"mail":       "the mail server that reports and alerts are sent by: docs/reports.md",
		"webhooks":   "how reports and alerts are posted to programs: docs/alerts.md",
		"alerts":     "rules that tell when something is wrong: docs/alerts.md",
		"callers":    "how callers' numbers are written: docs/callers.md",
	}, callcenter.DefaultQueue(), callcenter.DefaultFeatures(), ivr.DefaultNode(), prompts.DefaultSpeech(), api.DefaultTarget(), alert.DefaultRule())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGeneratedConfiguration: the page and the schema say what the structs say.
func TestGeneratedConfiguration(t *testing.T) {
	r := configuration(t)
	schema, err := r.Schema()
	if err != nil {
		t.Fatal(err)
	}
	for path, now := range map[string][]byte{"../../docs/configuration.md": r.Page(), "../../docs/firstline.schema.json": schema} {
		if *rewrite {
			if err := os.WriteFile(path, now, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(kept, now) {
			t.Errorf("%s is stale; run deploy/scripts/generate", path)
		}
	}
	if missing := r.Undescribed(); len(missing) > 0 {
		t.Errorf("give these keys' fields a comment: %s", strings.Join(missing, ", "))
	}
}

// TestSchemaAccepts: what we ship and show passes the schema that editors use.
func TestSchemaAccepts(t *testing.T) {
	schema := compiled(t)
	for _, name := range []string{"firstline.yaml", "demo.yaml", "compose.firstline.yaml"} {
		if err := schema.Validate(document(t, read(t, "../../deploy/"+name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, page := range []string{"README.md", "docs/ivr.md", "docs/prompts.md", "docs/queues.md", "docs/queue-log.md", "docs/callers.md", "docs/callbacks.md", "docs/security.md", "docs/reports.md", "docs/alerts.md"} {
		examples := 0
		for _, part := range strings.Split(read(t, "../../"+page), "```yaml\n")[1:] {
			example, _, _ := strings.Cut(part, "```")
			if err := schema.Validate(document(t, example)); err != nil {
				t.Errorf("%s: %v\n%s", page, err, example)
			}
			examples++
		}
		if examples == 0 {
			t.Errorf("%s: no example found", page)
		}
	}
	if err := schema.Validate(document(t, dumped(t))); err != nil {
		t.Errorf("what dump prints: %v", err)
	}
}

// TestSchemaRefuses: each mistake is one that `firstline check` refuses too.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for name, text := range map[string]string{
		"unknown section":           "quues: []",
		"unknown key":               "http: {lisen: 127.0.0.1:8080}",
		"unknown key in a list":     "queues: [{id: support, ring_timout: 15s}]",
		"unknown key of a reason":   "pause_reasons: [break, {name: training, bilable: true}]",
		"list for a reason":         "pause_reasons: [[break]]",
		"unknown key in a node":     "ivr: [{id: main, start: a, nodes: {a: {type: hangup, medai: [x]}}}]",
		"text for a number":         "queues: [{id: support, max_length: many}]",
		"number without its unit":   "queues: [{id: support, ring_timeout: 15}]",
		"no duration":               "queues: [{id: support, ring_timeout: soon}]",
		"text for a list":           "kafka: {brokers: 127.0.0.1:9092}",
		"mapping for a list":        "agents: {anna: {}}",
		"text for true or false":    "kafka: {embedded: perhaps}",
		"text for a prompt's texts": "prompts: {list: [{id: hello, text: Hello}]}",
		"text for a command":        "prompts: {speech: {en: {command: espeak-ng}}}",
		"unknown type of node":      "ivr: [{id: main, start: a, nodes: {a: {type: dance}}}]",
	} {
		if err := schema.Validate(document(t, text)); err == nil {
			t.Errorf("%s: the schema accepts %s", name, text)
		}
		if _, mistakes := readSettings(file(t, text)); len(mistakes) == 0 {
			t.Errorf("%s: check accepts %s", name, text)
		}
	}
}

// TestShippedFileNamesTheSchema: the editor line leads to the schema.
func TestShippedFileNamesTheSchema(t *testing.T) {
	first, _, _ := strings.Cut(read(t, "../../deploy/firstline.yaml"), "\n")
	path, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
	if !ok {
		t.Fatalf("the first line is %q", first)
	}
	read(t, "../../deploy/"+path)
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, "../../docs/firstline.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("firstline.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("firstline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// document is a YAML text as JSON has it.
func document(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func dumped(t *testing.T) string {
	t.Helper()
	code, out := tool(t, nil, "dump", "--config", "../../deploy/firstline.yaml")
	if code != exitOK {
		t.Fatal(out)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
