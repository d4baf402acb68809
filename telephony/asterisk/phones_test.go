package asterisk

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/telephony/callcenter"
)

// checkAnna asks for one phone, as the core does.
func checkAnna(n int) callcenter.CheckPhone {
	return callcenter.CheckPhone{Head: head("agent/anna", n), Agent: "anna", Endpoint: "PJSIP/101", Timeout: time.Second}
}

// A look at a phone is answered whatever the poll has told before, and the poll goes on from there: what has changed back
// since is told.
func TestLookAndPollShareOneMemory(t *testing.T) {
	ari := newFakeARI(t)
	const online, offline = `{"technology":"PJSIP","resource":"101","state":"online","channel_ids":["b","a"]}`,
		`{"technology":"PJSIP","resource":"101","state":"offline","channel_ids":[]}`
	var there atomic.Value
	there.Store(online)
	ari.answers(func(_, path string) (int, string) {
		switch path {
		case "/endpoints/PJSIP":
			return http.StatusOK, "[" + online + "]"
		case "/endpoints/PJSIP/101":
			return http.StatusOK, there.Load().(string)
		}
		return 0, ""
	})
	a, sink := fakeAdapter(t, ari, func(c *Config) { c.Poll = 20 * time.Millisecond })
	a.SetEndpoints([]string{"PJSIP/101"})
	up := callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{"a", "b"}}
	down := callcenter.EndpointState{Endpoint: "PJSIP/101", Channels: []string{}}
	_, at := sink.await(t, 0, "the poll", is(up))
	a.Execute([]callcenter.Command{checkAnna(1)})
	_, at = sink.await(t, at, "the look", is(callcenter.PhoneChecked{Check: "agent/anna/x1", Phone: up}))
	there.Store(offline)
	a.Execute([]callcenter.Command{checkAnna(2)})
	_, at = sink.await(t, at, "the look", is(callcenter.PhoneChecked{Check: "agent/anna/x2", Phone: down}))
	sink.await(t, at, "what the poll sees against it", is(up))
}

// A phone that Asterisk doesn't know is not registered. A look that is refused, or not answered in its own time, failed.
func TestLooksThatFindNothing(t *testing.T) {
	ari := newFakeARI(t)
	release := make(chan struct{})
	ari.answers(func(_, path string) (int, string) {
		switch path {
		case "/endpoints/PJSIP/102":
			return http.StatusServiceUnavailable, "shutting down"
		case "/endpoints/PJSIP/103":
			<-release
		}
		return 0, ""
	})
	defer close(release)
	a, sink := fakeAdapter(t, ari, func(c *Config) { c.Timeout = patience })
	refused, slow := checkAnna(2), checkAnna(3)
	refused.Endpoint, slow.Endpoint, slow.Timeout = "PJSIP/102", "PJSIP/103", 50*time.Millisecond
	a.Execute([]callcenter.Command{checkAnna(1), refused, slow})
	unknown := callcenter.EndpointState{Endpoint: "PJSIP/101"}
	sink.await(t, 0, "the unknown phone", is(callcenter.PhoneChecked{Check: "agent/anna/x1", Phone: unknown}))
	failed := func(id string, code int) {
		t.Helper()
		sink.await(t, 0, id+" failed", func(ev callcenter.Event) bool {
			f, ok := ev.(callcenter.CommandFailed)
			return ok && f.ID == id && f.Code == code
		})
	}
	failed("agent/anna/x2", http.StatusServiceUnavailable)
	failed("agent/anna/x3", 0)
	waitFor(t, "the failures are counted", func() bool {
		return testutil.ToFloat64(a.metrics.commands.WithLabelValues("CheckPhone", "failed")) == 2
	})
}
