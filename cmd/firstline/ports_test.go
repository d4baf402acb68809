package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

// TestPortInUse: each role that listens says which address is taken, by what key it is changed, and ends.
func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	address := taken.Addr().String()
	env := map[string]string{"ARI": "secret"}
	minimal := "node: pbx1\ndata: " + t.TempDir() + "\n%s\nqueues: [{id: a}]\nentries: [{number: \"*\", flow: f}]\n" +
		"ivr: [{id: f, start: q, nodes: {q: {type: queue, queue: a}}}]\n"
	for _, c := range []struct{ role, section, key string }{
		{"broker", "kafka: {brokers: [%q], embedded: true}", "kafka.brokers"},
		{"clickhouse", "clickhouse: {url: \"http://%s\", embedded: true}", "clickhouse.url"},
		{"api", "http: {listen: %q}", "http.listen"},
		{"load", "load: {listen: %q}", "load.listen"},
		{"controller", "asterisk: {password_env: ARI}\ncontroller: {listen: %q}", "controller.listen"},
		{"controller", "asterisk: {password_env: ARI, listen: %q}\ncontroller: {listen: \"127.0.0.1:0\"}", "asterisk.listen"},
	} {
		path := file(t, fmt.Sprintf(minimal, fmt.Sprintf(c.section, address)))
		code, out := tool(t, env, c.role, "--config", path)
		want := " on " + address + ": the port is in use by another program: stop it (`ss -lntup 'sport = :"
		if code != exitFault || !strings.Contains(out, want) || !strings.Contains(out, "or change "+c.key) {
			t.Errorf("%s, %s: %d: %s", c.role, c.key, code, out)
		}
		t.Logf("%s: %s", c.role, out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:])
	}
}

// TestAllWithWrongYAML: the parent starts nothing, and says file, line and mend.
func TestAllWithWrongYAML(t *testing.T) {
	path := file(t, "node: pbx1\nqueues:\n  - id: support\n    ring_timeout: soon\n")
	code, out := tool(t, nil, "all", "--config", path)
	if code != exitFault || !strings.HasPrefix(out, path+":4: ") || !strings.Contains(out, "write a duration with its unit") || strings.Count(out, "\n") != 1 {
		t.Errorf("%d: %s", code, out)
	}
	t.Log(out)
}

// TestPortsTaken starts the product while other programs have the ports of the API, of the controller and of SIP. The
// other roles go on; each of the three comes by itself when its port is free. Then a reload with mistakes in the YAML is
// told and changes nothing.
func TestPortsTaken(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "ports", failing, "")
	from := time.Now().Add(-time.Second)
	web, control := occupy(t, p.ports.HTTP), occupy(t, p.ports.Control)
	sip, err := net.ListenPacket("udp", p.sip())
	p.must(err)
	p.launch()
	p.wantLine(fmt.Sprintf("on 127.0.0.1:%d: the port is in use by another program", p.ports.HTTP), "change http.listen")
	p.wantLine(fmt.Sprintf("on 127.0.0.1:%d: the port is in use by another program", p.ports.Control), "change controller.listen")
	p.wantLine(fmt.Sprintf("on 127.0.0.1:%d: the port is in use by another program", p.ports.SIP), "change asterisk.sip_port")
	p.waitFor("the loader to be ready all the same", time.Minute, func() error { return p.ready(p.ports.Load) })
	p.must(errors.Join(control.Close(), sip.Close()))
	p.waitFor("the controller to come by itself", time.Minute, func() error { return p.ready(p.ports.Control) })
	p.bye(0, "4920001")
	if err := p.ready(p.ports.HTTP); err == nil {
		t.Error("the api listens on a port that is taken")
	}
	p.must(web.Close())
	p.waitFor("the api to come by itself", time.Minute, func() error { return p.ready(p.ports.HTTP) })
	p.signIn()
	p.reloadMistakes()
	p.bye(1, "4920002")
	for number, c := range p.loaded(from, 2) {
		if c.Result == nil || *c.Result != fact.ResultContained {
			t.Errorf("%s ended as %v", number, deref(c.Result))
		}
	}
	p.show()
}

// occupy takes a TCP port on loopback.
func occupy(t *testing.T, port int) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// bye makes a call that the menu alone serves.
func (p *product) bye(n int, number string) {
	p.t.Helper()
	if r := <-p.oneCall(n, number, "3", time.Minute); !r.Has(sipp.Answered) || r.Last() != sipp.WasHungUp {
		p.t.Errorf("the caller's phone says %+v", r.Events)
	}
}

// reloadPauses adds a reason for pauses: who asks the API has it at once, as the controller has.
func (p *product) reloadPauses(config string) {
	p.t.Helper()
	p.must(os.WriteFile(p.config, []byte(config+"pause_reasons: [fire drill]\n"), 0o600))
	p.must(p.cmd.Process.Signal(syscall.SIGHUP))
	p.waitFor("the api to know the new reason", time.Minute, func() error {
		s, err := p.api.GetSettings(context.Background())
		if err != nil {
			return err
		}
		if !slices.Equal(s.PauseReasons, []string{"fire drill"}) {
			return fmt.Errorf("reasons %q", s.PauseReasons)
		}
		return nil
	})
}

// reloadMistakes lets the controller read a wrong file while it runs.
func (p *product) reloadMistakes() {
	p.t.Helper()
	right, err := os.ReadFile(p.config)
	p.must(err)
	wrong := strings.Replace(string(right), "ring_timeout: 20s", "ring_timeout: soon", 1)
	p.must(os.WriteFile(p.config, []byte(wrong), 0o600))
	line := 1 + strings.Count(wrong[:strings.Index(wrong, "soon")], "\n")
	p.must(p.cmd.Process.Signal(syscall.SIGHUP))
	p.wantLine("configuration not taken over", fmt.Sprintf("%s:%d: ", p.config, line), "write a duration with its unit")
	p.must(os.WriteFile(p.config, right, 0o600)) // a role that is started again must find it right
	p.must(p.cmd.Process.Signal(syscall.SIGHUP))
	p.wantLine("configuration taken over")
	p.reloadPauses(string(right))
	if err := p.ready(p.ports.Control); err != nil {
		p.t.Errorf("after a reload with mistakes: %v", err)
	}
}
