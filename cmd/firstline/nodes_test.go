package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/telephony/asterisk/sipp"
)

// site is a support line with one agent.
const site = `
queues: [{id: support, name: Support, ring_timeout: 20s, wrap_up: 0s, join_empty: true}]
agents: [{id: %s, name: Agent, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
`

// TestTwoNodes runs two nodes, each with its Asterisk, controller and agents, on one Kafka and one ClickHouse: each takes its own calls,
// also while the other's controller is killed, and the figures of both hold every call once.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	north := startProduct(t, "north", fmt.Sprintf(site, "anna"))
	south := newProduct(t, "south", fmt.Sprintf(site, "boris"), "")
	south.joins(north)
	south.start()
	from := time.Now().Add(-time.Second)
	talk := sipp.Act{Do: sipp.DoAnswer, Talk: 2 * time.Second}
	north.phones(north.agent(0, "anna", "301", talk))
	south.phones(south.agent(0, "boris", "301", talk))
	north.logIn("anna")
	south.logIn("boris")

	const each = 3
	calls := func(p *product, prefix string) error {
		var list []sipp.Call
		for i := range each {
			list = append(list, sipp.Call{Name: "c", Number: fmt.Sprintf("%s%d", prefix, i), Dialed: "1", Start: time.Duration(i) * time.Second, Patience: time.Minute})
		}
		_, err := p.callers(0, list...).Run(context.Background())
		return err
	}
	done := make(chan error, 1)
	go func() { done <- calls(south, "493022") }()
	north.must(calls(north, "493011"))
	north.killController() // while the other node's calls go on
	north.must(<-done)

	contacts := north.loaded(from, 2*each)
	for number, c := range contacts {
		node, agent := north.node, "anna"
		if strings.HasPrefix(number, "493022") {
			node, agent = south.node, "boris"
		}
		if !strings.HasPrefix(c.ID, node+"-") || len(c.Agents) != 1 || c.Agents[0] != agent {
			t.Errorf("%s is contact %s with %v", number, c.ID, c.Agents)
		}
	}
	for name, p := range map[string]*product{"north": north, "south": south} {
		var report metric.QueueReport
		window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano), "group_by": "queue"})
		p.must(p.call(http.MethodGet, "/metrics/queues"+window, nil, &report))
		if *report.Total.Offered != 2*each || report.Total.Answered != 2*each {
			t.Errorf("%s says %d offered, %d answered, of %d calls", name, *report.Total.Offered, report.Total.Answered, 2*each)
		}
	}
}

// joins has a product that is not started yet use the Kafka and the ClickHouse of another one.
func (p *product) joins(other *product) {
	p.t.Helper()
	text, err := os.ReadFile(p.config)
	p.must(err)
	config := string(text)
	for _, change := range [][2]string{
		{fmt.Sprintf("127.0.0.1:%d\"], embedded: true", p.ports.Kafka), fmt.Sprintf("127.0.0.1:%d\"], embedded: false", other.ports.Kafka)},
		{fmt.Sprintf("127.0.0.1:%d\", embedded: true", p.ports.ClickHouse), fmt.Sprintf("127.0.0.1:%d\", embedded: false", other.ports.ClickHouse)},
	} {
		if !strings.Contains(config, change[0]) {
			p.must(errors.New("the configuration has no " + change[0]))
		}
		config = strings.Replace(config, change[0], change[1], 1)
	}
	p.must(os.WriteFile(p.config, []byte(config), 0o600))
}
