package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/config"
)

// tool runs a sub-command in this process and returns its exit code and what it printed.
func tool(t *testing.T, env map[string]string, args ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	getenv := func(name string) string { return env[name] }
	code := run(ctx, args, getenv, strings.NewReader("4711\n"), &out, &out)
	return code, out.String()
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "firstline.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestShippedConfigurations: what we ship is right, and stays so.
func TestShippedConfigurations(t *testing.T) {
	for _, name := range []string{"firstline.yaml", "demo.yaml", "compose.firstline.yaml"} {
		code, out := tool(t, nil, "check", "--config", filepath.Join("../../deploy", name))
		if code != exitOK || !strings.Contains(out, "is right") {
			t.Errorf("%s: %d: %s", name, code, out)
		}
	}
}

// TestWrongYAML: each mistake is told with line and mend, all of them at once.
func TestWrongYAML(t *testing.T) {
	path := file(t, `node: pbx1
queues:
  - id: support
    ring_timeout: soon
    colour: red
agents:
  - {id: anna, endpoint: PJSIP/101, queues: [helpline]}
`)
	code, out := tool(t, nil, "check", "--config", path)
	if code != exitFault {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		path + ":4: cannot unmarshal !!str `soon` into time.Duration; write a duration with its unit: 20s, 2m, 1h30m",
		path + ":5: queues.0.colour: unknown key",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("missing %q in:\n%s", want, out)
		}
	}
	path = file(t, `node: pbx1
queues: [{id: support, overflow: nowhere}]
agents:
  - {id: anna, endpoint: PJSIP/101, queues: [helpline]}
entries: [{number: "1", flow: main}]
ivr:
  - id: main
    start: a
    nodes:
      a: {type: play, media: [hello-world], next: b}
`)
	code, out = tool(t, nil, "check", "--config", path)
	for _, want := range []string{":2: ", "nowhere", ":4: ", "helpline", ":10: ", `"b"`} {
		if code != exitFault || !strings.Contains(out, want) {
			t.Errorf("missing %q in:\n%s", want, out)
		}
	}
}

// TestAlertsThatNobodyHears: rules without a way to their recipients are told with their lines.
func TestAlertsThatNobodyHears(t *testing.T) {
	path := file(t, `node: pbx1
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
webhooks: {secret_env: HOOK}
alerts:
  rules:
    - {id: wait, kind: longest_wait, above: 2m, mail: [lead@example.com]}
    - {id: level, kind: service_level, below_percent: 80, webhook: "http://10.0.0.1/x"}
    - {id: ready, kind: nobody_ready, webhook: "https://hooks.example.com/x"}
    - {id: ready, kind: longest_wait, queues: [helpline]}
`)
	code, out := tool(t, nil, "check", "--config", path)
	for _, want := range []string{":9: ", "mail.host", ":10: ", "webhooks.allow", ":12: ", "is there twice", "helpline", "is 0s, not between 1s and 24h"} {
		if code != exitFault || !strings.Contains(out, want) {
			t.Errorf("missing %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, ":11: ") {
		t.Error(out)
	}
}

// TestDumpIsComplete: what dump prints is itself a right configuration with the same queues, agents and flows.
func TestDumpIsComplete(t *testing.T) {
	_, before := tool(t, nil, "check", "--config", "../../deploy/demo.yaml")
	code, text := tool(t, nil, "dump", "--config", "../../deploy/demo.yaml")
	if code != exitOK {
		t.Fatal(text)
	}
	path := file(t, text)
	_, after := tool(t, nil, "check", "--config", path)
	if plan(before) != plan(after) || plan(after) == "" {
		t.Errorf("before %s after %s", before, after)
	}
}

// TestDoctorNamesEmptySecrets: every variable that a role reads a secret from is asked for, by name.
func TestDoctorNamesEmptySecrets(t *testing.T) {
	path := file(t, `node: pbx1
asterisk: {url: "http://127.0.0.1:1/ari", password_env: A_ARI, embedded: true, phone_secret_env: A_PHONE}
controller: {token_env: A_TOKEN}
kafka: {brokers: ["127.0.0.1:1"], embedded: false, sasl: {mechanism: plain, username: u, password_env: A_KAFKA}}
clickhouse: {password_env: A_CLICKHOUSE, embedded: true, library: /none}
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support], pin_hash_env: A_PIN}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
integrations:
  tickets: {url: "http://127.0.0.1:1/", token_env: A_LOOKUP, webhook_secret_env: A_WEBHOOK}
  pop: {webhook: "http://127.0.0.1:1/", secret_env: A_POP}
http: {users: [{name: s, role: supervisor, password_hash_env: A_USER}], state: {postgres_env: A_POSTGRES}}
mail: {host: mail.example.com, from: firstline@example.com, user: firstline, password_env: A_MAIL}
webhooks: {secret_env: A_HOOK}
`)
	code, out := tool(t, nil, "doctor", "--config", path)
	for _, name := range fields(read(t, path), `_env: (A_[A-Z]+)`) {
		if code != exitFault || !strings.Contains(out, name) {
			t.Errorf("%s is empty and not named", name)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// TestReadmeExample: the ten lines on the first page are a whole configuration.
func TestReadmeExample(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "../../README.md"), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	if code, out := tool(t, nil, "check", "--config", file(t, example)); code != exitOK {
		t.Errorf("%s\n%s", out, example)
	}
}

// TestDumpShowsDefaults: a queue that says nothing is printed with what is in force, so that a dump may be used as a file.
func TestDumpShowsDefaults(t *testing.T) {
	path := file(t, `node: pbx1
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
`)
	code, text := tool(t, nil, "dump", "--config", path)
	for _, want := range []string{"ring_timeout: 15s", "service_level: 20s", "overflow_media:\n        - vm-nobodyavail", "login_media:\n        - agent-loginok"} {
		if code != exitOK || !strings.Contains(text, want) {
			t.Errorf("missing %q", want)
		}
	}
	if strings.Contains(text, "null") || t.Failed() {
		t.Errorf("in:\n%s", text)
	}
}

func plan(said string) string {
	_, after, _ := strings.Cut(said, "is right: ")
	counts, _, _ := strings.Cut(after, ", plan") // the version is a hash of the text's own lists: empty or absent
	return counts
}

func TestUsage(t *testing.T) {
	if code, out := tool(t, nil, "nonsense"); code != exitUsage || !strings.Contains(out, "firstline help") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := tool(t, nil, "help"); code != exitOK || !strings.Contains(out, "Examples:") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := tool(t, nil, "hash"); code != exitOK || !strings.HasPrefix(out, "$argon2id$") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := tool(t, nil, "check", "--config", "/no/such.yaml"); code != exitFault || !strings.Contains(out, "no such file") {
		t.Errorf("%d %s", code, out)
	}
}

// TestEveryKeyIsKnown: the shipped file names only keys that some package reads.
func TestEveryKeyIsKnown(t *testing.T) {
	text, err := os.ReadFile("../../deploy/firstline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, mistakes := config.Parse("firstline.yaml", text)
	if f == nil {
		t.Fatal(mistakes)
	}
	if got := f.Fill(defaults().views()...); len(got) > 0 {
		t.Error(got)
	}
}
