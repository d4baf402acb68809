package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/analytics/metric"
	"firstline/pipeline/fact"
	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/sipp"
)

const diskSize = "48m" // the log's reserve is 16 MiB of it

// filling is failing with a log that doesn't write far ahead, so that a full disk shows soon.
const filling = failing + "log: {extend_bytes: 16384}\n"

// TestFullDisk fills the disk of the controller's log while one call talks and another waits, and frees it again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "fulldisk", filling, "")
	d := p.mountDisk()
	p.start()
	from := time.Now().Add(-time.Second)
	stop := p.phones(p.anna(), p.bert())
	p.logIn("anna")
	talks := p.oneCall(0, "4920001", "1", 30*time.Second)
	waits := p.oneCall(1, "4920002", "2", 30*time.Second)
	p.waitFor("one call to talk", time.Minute, func() error { return p.stage("talking", 1) })
	p.waitFor("another to wait", time.Minute, func() error { return p.stage("waiting", 1) })

	p.fillDisk(d)
	p.wantNotReady(p.ports.Control, "the log is not durable since")
	p.wantStatus("WAITS controller", "the log is not durable since", "no space left on device")
	p.wantWallboard("both calls, and that the log is not durable", func(w client.Wallboard) bool {
		return !w.Durable && w.Link && w.Contacts.Talking == 1 && w.Contacts.Waiting == 1
	})

	p.must(p.act("bert", client.ControlInputBodyActionLogin)) // he rings at once
	p.waitFor("the waiting caller to be served", time.Minute, func() error { return p.stage("talking", 2) })
	for _, ended := range []<-chan sipp.Result{talks, waits} {
		if r := <-ended; !r.Has(sipp.Answered) || r.Last() != sipp.HungUp {
			t.Errorf("the caller's phone says %+v", r.Events)
		}
	}
	p.waitFor("both calls to be over", time.Minute, func() error {
		s, err := p.now()
		if err == nil && len(s.Contacts) > 0 {
			err = fmt.Errorf("there are %v", s.stages())
		}
		return err
	})

	p.waitFor("the heartbeat to be old", time.Minute, p.oldBeat)
	fallback := p.oneCall(2, "4920003", "", 8*time.Second)
	p.waitFor("asterisk's own queue to have the new call", time.Minute, func() error { return p.inFallback("4920003") })
	if r := <-fallback; !r.Has(sipp.Answered) || r.Last() != sipp.HungUp {
		t.Errorf("the caller's phone says %+v", r.Events)
	}
	if p.metric(p.ports.Control, "firstline_log_durable", `"controller"`) != 0 || p.metric(p.ports.Control, "firstline_log_write_failures_total", "") == 0 ||
		p.metric(p.ports.Control, "firstline_log_reserve_used_total", "") != 1 || p.metric(p.ports.Control, "firstline_log_pending_records", "") == 0 {
		t.Error("the metrics don't show that the log can't be written")
	}
	if n := p.times("log is not durable"); n != 1 {
		t.Errorf("told %d times that the log is not durable", n)
	}

	p.must(os.Remove(d.ballast))
	p.waitFor("the controller to be ready again", time.Minute, func() error { return p.ready(p.ports.Control) })
	p.wantLine("log can be written again")
	p.waitFor("the heartbeat", time.Minute, func() error {
		if p.oldBeat() == nil {
			return errors.New("it is old")
		}
		return nil
	})
	p.served(3, "4920004")
	p.wantFullDiskFigures(from)
	answers := answeredNumbers(stop())
	for number, want := range map[string]int{"4920001": 1, "4920002": 1, "4920003": 1, "4920004": 1} {
		if answers[number] != want {
			t.Errorf("%d agents' phones answered %s, want %d", answers[number], number, want)
		}
	}
	p.show()
}

// TestStartOnFullDisk kills the controller while its disk is full and a call talks. The call goes on; the controller says
// why it can't start, and comes by itself when there is room.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	p := newProduct(t, "startfull", filling, "")
	d := p.mountDisk()
	p.start()
	from := time.Now().Add(-time.Second)
	stop := p.phones(p.anna())
	p.logIn("anna")
	talks := p.oneCall(0, "4920001", "1", 40*time.Second)
	p.waitFor("a call to talk", time.Minute, func() error { return p.stage("talking", 1) })
	p.fillDisk(d)
	media := p.media()
	p.killRole("controller")
	p.wantLine("firstline controller: open the log in", "the disk is full: make room there", "no space left on device")
	p.wantStatus("WAITS controller   does not run or does not answer")
	p.waitFor("the heartbeat to be old", time.Minute, p.oldBeat)
	p.wantStatus("WAITS controller", "WAITS api          controller not heard since", "ready load")
	if after := p.media(); after <= media {
		t.Errorf("no audio flowed between the talking parties: %d then %d packets", media, after)
	}
	p.must(os.Remove(d.ballast))
	p.waitFor("the controller to be ready again", time.Minute, func() error { return p.ready(p.ports.Control) })
	p.waitFor("the call to talk still", time.Minute, func() error { return p.stage("talking", 1) })
	if r := <-talks; !r.Has(sipp.Answered) || r.Last() != sipp.HungUp {
		t.Errorf("the caller's phone says %+v", r.Events)
	}
	p.waitFor("the call to be over", time.Minute, func() error {
		s, err := p.now()
		if err == nil && len(s.Contacts) > 0 {
			err = fmt.Errorf("there are %v", s.stages())
		}
		return err
	})
	p.served(1, "4920002")
	p.wantOnce(from, "4920001", "4920002")
	if answers := answeredNumbers(stop()); answers["4920001"] != 1 || answers["4920002"] != 1 {
		t.Errorf("the agent's phone answered %v", answers)
	}
	if n := p.metric(p.ports.Load, "firstline_load_missing_total", ""); n != 0 {
		t.Errorf("%v facts are counted as missing", n)
	}
	p.show()
}

// wantFullDiskFigures compares the figures with the four calls, and finds the gap in ClickHouse.
func (p *product) wantFullDiskFigures(from time.Time) {
	p.t.Helper()
	contacts := p.loaded(from, 4)
	for number, queue := range map[string]string{"4920001": "first", "4920002": "second", "4920003": "first", "4920004": "first"} {
		c, ok := contacts[number]
		if !ok || c.Result == nil || *c.Result != fact.ResultAnswered || strings.Join(c.Queues, ",") != queue {
			p.t.Errorf("%s: %v in %v, want answered in %s", number, deref(c.Result), c.Queues, queue)
		}
	}
	var report metric.QueueReport
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano)})
	p.must(p.call(http.MethodGet, "/metrics/queues"+window, nil, &report))
	if *report.Total.Offered != 4 || report.Total.Answered != 4 || len(contacts) != 4 {
		p.t.Errorf("%d contacts, %d offered, %d answered; want 4 of each", len(contacts), *report.Total.Offered, report.Total.Answered)
	}
	gap := ""
	p.waitFor("the gap in the figures", time.Minute, func() error {
		_, _, text := p.page(p.ports.ClickHouse, "/?database=firstline&query="+url.QueryEscape("SELECT * FROM gaps FORMAT JSONEachRow"))
		if gap = strings.TrimSpace(text); strings.Count(gap, "{") != 1 {
			return fmt.Errorf("gaps: %s", gap)
		}
		return nil
	})
	p.t.Logf("figures: %d contacts, %d offered, %d answered; gap %s", len(contacts), *report.Total.Offered, report.Total.Answered, gap)
}

// disk is the small disk under the controller's log.
type disk struct{ ballast string }

// mountDisk puts a disk of its own under the controller's log. It takes root's rights.
func (p *product) mountDisk() disk {
	p.t.Helper()
	dir := filepath.Join(p.dir, "data", "controller")
	p.must(os.MkdirAll(dir, 0o750))
	parts.Need(p.t, func() (string, error) {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+diskSize); err != nil {
			return "", fmt.Errorf("mount a small disk for the log (run as root): %w", err)
		}
		return dir, nil
	})
	p.t.Cleanup(func() { // after the product's own clean-up, which comes later to the list
		if err := syscall.Unmount(dir, 0); err != nil {
			p.t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return disk{ballast: filepath.Join(dir, "ballast")}
}

// fillDisk takes all room until the log can't be written, also what the log's reserve gave back. Something must be
// written for that to show: an agent without a phone logs in and out.
func (p *product) fillDisk(d disk) {
	p.t.Helper()
	action := client.ControlInputBodyActionLogin
	p.waitFor("the log to be not durable", time.Minute, func() error {
		f, err := os.OpenFile(d.ballast, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		for err == nil {
			_, err = f.Write(make([]byte, 1<<16))
		}
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, 1))
		}
		_ = f.Close()
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		if err := p.act("carl", action); err != nil {
			return err
		}
		if action == client.ControlInputBodyActionLogin {
			action = client.ControlInputBodyActionLogout
		} else {
			action = client.ControlInputBodyActionLogin
		}
		if p.ready(p.ports.Control) == nil {
			return errors.New("the controller is ready")
		}
		return nil
	})
}

// oldBeat says by nil that the dialplan sees the heartbeat as too old.
func (p *product) oldBeat() error {
	var v struct {
		Value string `json:"value"`
	}
	p.ari("/asterisk/variable?variable=FIRSTLINE_BEAT", &v)
	at, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		return err
	}
	if age := time.Since(time.Unix(at, 0)); age < 7*time.Second {
		return fmt.Errorf("it is %s old", age)
	}
	return nil
}

// inFallback wants a caller's channel to be in the dialplan's own queue.
func (p *product) inFallback(number string) error {
	var channels []struct {
		Caller struct {
			Number string `json:"number"`
		} `json:"caller"`
		Dialplan json.RawMessage `json:"dialplan"`
	}
	p.ari("/channels", &channels)
	for _, c := range channels {
		if c.Caller.Number == number && strings.Contains(string(c.Dialplan), `"firstline-fallback"`) && strings.Contains(string(c.Dialplan), `"Queue"`) {
			return nil
		}
	}
	return fmt.Errorf("not among %d channels", len(channels))
}
