package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHungEngines stops broker and ClickHouse in the middle of the day: they keep their ports and answer nothing. Calls
// and the wallboard go on, reports end with an error instead of hanging, and the figures come when the engines go on.
func TestHungEngines(t *testing.T) {
	t.Parallel()
	p := startProduct(t, "hung", failing)
	from := time.Now().Add(-time.Second)
	p.phones(p.anna())
	p.logIn("anna")
	p.served(0, "4920001")
	p.wantOnce(from, "4920001")
	pids := []int{p.roleID("broker"), p.roleID("clickhouse")}
	goOn := func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	t.Cleanup(goOn) // or they could not be drained
	for _, pid := range pids {
		p.must(syscall.Kill(pid, syscall.SIGSTOP))
	}
	p.served(1, "4920002")
	p.wantNotReady(p.ports.HTTP, `"location":"clickhouse"`)
	p.wantNotReady(p.ports.Load, "clickhouse is not reached")
	p.wantStatus("WAITS load         clickhouse is not reached", "it does not answer in time", "WAITS api          clickhouse doesn't answer", "ready controller")
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano)})
	code, header, body := p.page(p.ports.HTTP, "/api/v1/metrics/queues"+window)
	if code/100 != 5 || header.Get("Content-Type") != "application/problem+json" || strings.Contains(body, "internal") {
		t.Errorf("a report while clickhouse hangs: %d %s %s", code, header.Get("Content-Type"), body)
	}
	t.Log(body)
	p.served(2, "4920003")
	p.wantLine("facts can't be published", `"role":"controller"`)
	goOn()
	p.wantOnce(from, "4920001", "4920002", "4920003")
	p.waitFor("the loader to be ready", time.Minute, func() error { return p.ready(p.ports.Load) })
	p.show()
}

// TestStoppedPartition replaces the broker by an empty one. The loader stops, says which partitions and the very command
// that lets them go on; with it the figures are right.
func TestStoppedPartition(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "wiped", failing, "broker")
	stop := p.bring("broker")
	p.start()
	from := time.Now().Add(-time.Second)
	p.phones(p.anna())
	p.logIn("anna")
	p.served(0, "4920001")
	p.wantOnce(from, "4920001")
	stop()
	p.must(os.RemoveAll(filepath.Join(p.dir, "data", "broker")))
	p.bring("broker")
	p.served(1, "4920002")
	p.wantNotReady(p.ports.Load, "partition firstline.contacts.v1/0 is not loaded: the Kafka cluster is ")
	p.wantNotReady(p.ports.Load, "partition firstline.agents.v1/0 is not loaded: the Kafka cluster is ")
	p.wantStatus("WAITS load", "firstline load accept --topic firstline.contacts.v1 --partition 0")
	if n := p.metric(p.ports.Load, "firstline_load_stopped", ""); n != 2 {
		t.Errorf("%v partitions are stopped, want 2", n)
	}
	command := regexp.MustCompile("run `firstline (load accept [^`]+)`")
	for _, match := range command.FindAllStringSubmatch(fmt.Sprint(p.ready(p.ports.Load)), -1) {
		cmd := exec.Command(p.program, append(strings.Fields(match[1]), "--config", p.config)...)
		cmd.Env = p.env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", match[1], err, out)
		}
		t.Logf("firstline %s: %s", match[1], out)
	}
	p.wantOnce(from, "4920001", "4920002")
	p.waitFor("the loader to be ready", time.Minute, func() error {
		if code, _, _ := p.page(p.ports.Load, "/readyz"); code != http.StatusOK {
			return errors.New("not yet")
		}
		return nil
	})
	p.show()
}
