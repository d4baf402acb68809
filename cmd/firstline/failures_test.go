package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/analytics/metric"
	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
)

// failing is the support line of the tests of what is missing: key 1 is anna's queue, 2 bert's, 3 says good bye.
const failing = `
queues:
  - {id: first, name: First, ring_timeout: 20s, join_empty: true}
  - {id: second, name: Second, ring_timeout: 20s, join_empty: true}
agents:
  - {id: anna, name: Anna, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [first]}
  - {id: bert, name: Bert, endpoint: PJSIP/302, pin_hash_env: PIN, queues: [second]}
  - {id: carl, name: Carl, endpoint: PJSIP/303, pin_hash_env: PIN, queues: [second]}
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: menu
    nodes:
      menu:
        type: menu
        prompt: [vm-press, digits/1]
        timeout: 20s
        tries: 2
        options:
          "1": {label: First, next: first}
          "2": {label: Second, next: second}
          "3": {label: Bye, next: bye}
        gave_up: bye
      first: {type: queue, queue: first}
      second: {type: queue, queue: second}
      bye: {type: hangup, media: [vm-goodbye]}
`

func (p *product) anna() sipp.Agent {
	return p.agent(0, "anna", "301", sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 10 * time.Minute})
}

func (p *product) bert() sipp.Agent {
	return p.agent(1, "bert", "302", sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 10 * time.Minute})
}

// launchAPI starts the product and waits for no more than an API that answers.
func (p *product) launchAPI() {
	p.t.Helper()
	p.launch()
	p.waitFor("the api to answer", time.Minute, func() error {
		p.client = &http.Client{Timeout: 5 * time.Second}
		resp, err := p.client.Get(p.base() + "/healthz")
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	p.signIn()
}

// served makes a call to anna and wants both phones to talk.
func (p *product) served(n int, number string) {
	p.t.Helper()
	ended := p.oneCall(n, number, "1", 5*time.Second)
	p.waitFor("the call to talk", time.Minute, func() error { return p.stage("talking", 1) })
	p.wantWallboard("that the call talks", func(w client.Wallboard) bool { return w.Contacts.Talking == 1 && w.Link })
	if r := <-ended; !r.Has(sipp.Answered) || r.Last() != sipp.HungUp {
		p.t.Errorf("the caller's phone says %+v", r.Events)
	}
}

// wantOnce wants the calls of the numbers, and no other, to be in the figures, answered, once each.
func (p *product) wantOnce(from time.Time, numbers ...string) {
	p.t.Helper()
	contacts := p.loaded(from, len(numbers))
	for _, number := range numbers {
		if c := contacts[number]; c.Result == nil || *c.Result != fact.ResultAnswered {
			p.t.Errorf("the contact of %s ended as %v", number, deref(c.Result))
		}
	}
	var report metric.QueueReport
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano)})
	p.must(p.call(http.MethodGet, "/metrics/queues"+window, nil, &report))
	if n := int64(len(numbers)); len(contacts) != len(numbers) || *report.Total.Offered != n || report.Total.Answered != n {
		p.t.Errorf("%d contacts, %d offered, %d answered; want %d of each", len(contacts), *report.Total.Offered, report.Total.Answered, n)
	}
	p.t.Logf("figures: %d contacts, %d offered, %d answered", len(contacts), *report.Total.Offered, report.Total.Answered)
}

// TestNoAsterisk starts everything but Asterisk, then one that connects to the wrong port, then a right one. The controller
// waits and says each time what is missing; at last it serves calls, without having been started again.
func TestNoAsterisk(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "noast", failing, "asterisk")
	p.launchAPI()
	from := time.Now().Add(-time.Second)
	p.waitFor("the loader to be ready", time.Minute, func() error { return p.ready(p.ports.Load) })
	p.wantNotReady(p.ports.Control, "asterisk is not connected since")
	p.waitFor("some looks for asterisk in vain", time.Minute, func() error {
		if p.metric(p.ports.Control, "firstline_asterisk_poll_errors_total", "") < 6 {
			return errors.New("not yet")
		}
		return nil
	})
	p.wantStatus("WAITS controller", "asterisk is not connected since", "ready load", "ready api")
	if n := p.times("asterisk is not reached"); n != 1 {
		t.Errorf("told %d times that asterisk is missing", n)
	}
	p.wantWallboard("that there is no link", func(w client.Wallboard) bool { return !w.Link && !w.Stale })
	before := p.roleID("controller")
	p.lostAsterisk()
	p.bring("asterisk")
	p.waitFor("the controller to be ready", time.Minute, func() error { return p.ready(p.ports.Control) })
	p.wantLine("asterisk is there again, calls are served")
	p.phones(p.anna())
	p.logIn("anna")
	p.served(0, "4920001")
	if p.roleID("controller") != before {
		t.Error("the controller was started again")
	}
	p.wantOnce(from, "4920001")
	p.wantStatus("ready controller")
	p.show()
}

// lostAsterisk runs an Asterisk that answers but looks for the controller at a port where nobody is.
func (p *product) lostAsterisk() {
	p.t.Helper()
	right := p.whole
	defer func() { p.whole = right }()
	text, err := os.ReadFile(right)
	p.must(err)
	here, nowhere := fmt.Sprintf("listen: 127.0.0.1:%d", p.ports.WS), fmt.Sprintf("listen: 127.0.0.1:%d", nodetest.TCP(p.t))
	p.whole = filepath.Join(p.dir, "lost.yaml")
	p.must(os.WriteFile(p.whole, []byte(strings.Replace(string(text), here, nowhere, 1)), 0o600))
	stop := p.bring("asterisk")
	p.wantLine("asterisk answers but has not connected, no calls are served until it does", "websocket_client.conf")
	if p.metric(p.ports.Control, "firstline_asterisk_unconnected_looks_total", "") == 0 {
		p.t.Error("looks without a connection are not counted")
	}
	stop()
}

// TestNoBroker starts everything but Kafka. Calls and the wallboard go on; when the broker comes the figures get each
// call once.
func TestNoBroker(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "nobroker", failing, "broker")
	p.start()
	from := time.Now().Add(-time.Second)
	p.phones(p.anna())
	p.logIn("anna")
	p.served(0, "4920001")
	p.served(1, "4920002")
	p.wantNotReady(p.ports.Load, "kafka is not reached")
	p.wantStatus("WAITS load", "kafka is not reached", "ready controller", "ready api")
	for _, line := range []string{`"role":"controller"`, `"role":"api"`} {
		if n := p.times("facts can't be published", line); n != 1 {
			t.Errorf("%s tells %d times that kafka is missing", line, n)
		}
	}
	if p.metric(p.ports.Control, "firstline_kafka_failures_total", "") == 0 || p.metric(p.ports.Load, "firstline_load_waits_total", "") == 0 {
		t.Error("tries in vain are not counted")
	}
	if all, err := p.contacts(from); err != nil || len(all) != 0 {
		t.Errorf("figures without a broker: %v %v", all, err)
	}
	p.bring("broker")
	p.wantOnce(from, "4920001", "4920002")
	p.wantLine("facts are published again")
	p.waitFor("the loader to be ready", time.Minute, func() error { return p.ready(p.ports.Load) })
	p.show()
}

// TestNoClickHouse starts everything but ClickHouse. Calls, sign-in and the wallboard go on, reports say what is missing;
// when the engine comes the figures get each call once.
func TestNoClickHouse(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "nochouse", failing, "clickhouse")
	p.launchAPI()
	p.waitFor("the controller to be ready", time.Minute, func() error { return p.ready(p.ports.Control) })
	from := time.Now().Add(-time.Second)
	p.phones(p.anna())
	p.logIn("anna")
	p.served(0, "4920001")
	p.served(1, "4920002")
	p.wantNotReady(p.ports.HTTP, `"location":"clickhouse"`)
	p.wantNotReady(p.ports.Load, "clickhouse is not reached")
	p.wantStatus("WAITS load", "WAITS api", "clickhouse", "ready controller")
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano)})
	for i := range 5 {
		code, header, body := p.page(p.ports.HTTP, "/api/v1/metrics/queues"+window)
		if code != http.StatusServiceUnavailable || header.Get("Content-Type") != "application/problem+json" ||
			!strings.Contains(body, `"code":"unavailable"`) || !strings.Contains(body, "the database does not answer") {
			t.Errorf("a report without clickhouse: %d %s %s", code, header.Get("Content-Type"), body)
		}
		if i == 0 {
			t.Log(body)
		}
	}
	for _, line := range []string{"clickhouse is not ready, nothing is loaded until it is", "request failed"} {
		if n := p.times(line); n != 1 {
			t.Errorf("%d times: %s", n, line)
		}
	}
	if p.metric(p.ports.HTTP, "firstline_api_readiness_failures_total", `check="clickhouse"`) == 0 {
		t.Error("failed checks are not counted")
	}
	p.bring("clickhouse")
	p.waitFor("the product to be ready", time.Minute, func() error { return p.ready(p.ports.HTTP) })
	p.wantOnce(from, "4920001", "4920002")
	p.wantLine("clickhouse is ready")
	p.show()
}
