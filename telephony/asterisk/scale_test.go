package asterisk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

// TestRealManyAgents has hundreds of agents log in to a hundred queues each, in Firstline and in the fallback's app_queue, and call after
// call come in. Every one is answered, no task processor of Asterisk falls behind, and a call costs as many orders as it does with
// two agents in one queue.
func TestRealManyAgents(t *testing.T) {
	var crowd, few int
	t.Run("sites", func(t *testing.T) { // over when both are
		t.Run("many", func(t *testing.T) { crowd = manyAgents(t, 300, 100, 40) })
		t.Run("few", func(t *testing.T) { few = manyAgents(t, 2, 1, 10) })
	})
	if crowd != few {
		t.Errorf("a call costs %d orders with many agents, %d with few", crowd, few)
	}
}

// manyAgents makes so many calls to a site of so many agents and queues, and returns how many orders each of them cost.
func manyAgents(t *testing.T, agents, queues, calls int) int {
	t.Helper()
	plan, endpoints, names := sitePlan(agents, queues)
	var port string
	c := newCentreOn(t, plan, func(cfg *node.Config) {
		_, port, _ = strings.Cut(cfg.Agents[0].Contact, "127.0.0.1:")
		cfg.Agents, cfg.Queues = nil, nil
		for _, q := range names {
			cfg.Queues = append(cfg.Queues, node.Queue{ID: q})
		}
		for i, e := range endpoints {
			user := strings.TrimPrefix(e, "PJSIP/")
			cfg.Agents = append(cfg.Agents, node.Agent{
				ID: fmt.Sprintf("a%d", i+1), Endpoint: e, Contact: "sip:" + user + "@127.0.0.1:" + port, Secret: "s" + user, Queues: names,
			})
		}
	})
	c.SetEndpoints(endpoints)
	for i, e := range endpoints {
		c.sink.await(t, 0, "the phone "+e, is(callcenter.EndpointState{Endpoint: e, Registered: true, Channels: []string{}}))
		c.ask(fmt.Sprintf("a%d", i+1), callcenter.ActionLogin, "")
	}
	c.anna(sipp.Act{Do: sipp.DoAnswer, After: 50 * time.Millisecond, Talk: 2 * time.Second}) // an order may be late on a busy machine
	var list []sipp.Call
	for i := range calls {
		list = append(list, sipp.Call{
			Name: "c", Number: fmt.Sprintf("49301%04d", i), Dialed: names[i%queues], Start: time.Duration(i) * 100 * time.Millisecond, Patience: time.Minute,
		})
	}
	before := c.orders()
	c.call(list...)()
	for i := range calls {
		if e := c.end(fmt.Sprintf("49301%04d", i)); e.Termination.Result != fact.ResultAnswered {
			t.Errorf("call %d of %d agents in %d queues ended as %+v", i, agents, queues, e.Termination)
		}
	}
	messages, err := os.ReadFile(filepath.Join(c.node.Folder(), "log", "messages"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(messages)) {
		if strings.Contains(line, "task processor queue reached") {
			t.Errorf("Asterisk with %d agents in %d queues: %s", agents, queues, line)
		}
	}
	return (c.orders() - before) / calls
}

// sitePlan is a plan of agents who each serve every queue, with a number for each queue.
func sitePlan(agents, queues int) (plan string, endpoints, names []string) {
	var b strings.Builder
	b.WriteString("queues:\n")
	for i := range queues {
		names = append(names, fmt.Sprintf("q%d", i+1))
		fmt.Fprintf(&b, "  - {id: q%d, join_empty: true, wrap_up: 0s}\n", i+1)
	}
	b.WriteString("agents:\n")
	for i := range agents {
		endpoints = append(endpoints, fmt.Sprintf("PJSIP/%d", 1001+i))
		fmt.Fprintf(&b, "  - {id: a%d, endpoint: PJSIP/%d, queues: [%s]}\n", i+1, 1001+i, strings.Join(names, ", "))
	}
	return everyQueue(b.String(), names...), endpoints, names
}

// orders counts what the core has ordered so far.
func (c *centre) orders() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ordered
}
