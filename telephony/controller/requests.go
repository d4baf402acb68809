package controller

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// snapshot answers with the public state of now: fact.Snapshot. All facts up to its position are in it and durable.
func (w *web) snapshot(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	var s fact.Snapshot
	if !w.ask(ctx, func(p *loop) { s = p.public() }) {
		refuse(rw, http.StatusServiceUnavailable, "the state is not durable in time")
		return
	}
	answer(rw, http.StatusOK, s)
}

// public is the state of now as readers outside get it.
func (p *loop) public() fact.Snapshot {
	s := p.center.Snapshot(p.clock.now())
	s.Source, s.Epoch, s.Position = p.journal.Source(), p.journal.Epoch(), p.journal.Position()
	s.Durable = p.journal.Health().Durable
	s.Clocks = p.clocks()
	return s
}

// clocks tells how Asterisk's clock stands to the loop's, and that one to its machine's.
func (p *loop) clocks() *fact.SnapshotClocks {
	c := &fact.SnapshotClocks{
		ControllerAheadMS: p.clock.ahead().Milliseconds(), MovedAhead: p.moved.ahead, MovedBehind: p.moved.behind, Since: p.clock.base.UTC(),
	}
	if given, read := p.out.AsteriskClock.LastEvent(); !read.IsZero() {
		at := p.clock.at(read)
		ahead := given.Sub(at).Milliseconds()
		c.AsteriskAheadMS, c.AsteriskAt = &ahead, &at
	}
	return c
}

// popup answers with what the agent of an open offer sees.
func (w *web) popup(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	var popup fact.Popup
	var open bool
	offer := r.PathValue("offer")
	if !w.ask(ctx, func(p *loop) { popup, open = p.center.Popup(offer) }) {
		refuse(rw, http.StatusServiceUnavailable, "the state is not durable in time")
		return
	}
	if !open {
		refuse(rw, http.StatusNotFound, "the offer is over")
		return
	}
	answer(rw, http.StatusOK, popup)
}

// controlRequest is the body of POST /control.
type controlRequest struct {
	Request  string            `json:"request"`
	Actor    string            `json:"actor"`
	By       fact.By           `json:"by"`
	Agent    string            `json:"agent"`
	Action   callcenter.Action `json:"action"`
	Reason   string            `json:"reason"`
	Expect   fact.AgentState   `json:"expect"`
	Code     string            `json:"code"`
	Note     string            `json:"note"`
	Contact  string            `json:"contact"`
	Incident string            `json:"incident"`
	To       callcenter.Target `json:"to"`
	Priority int               `json:"priority"`
	Mode     fact.MonitorMode  `json:"mode"`
	Of       string            `json:"of"`
	Seat     string            `json:"seat"`

	Recording string `json:"recording"`
}

// control has the core carry out a request about an agent, an incident, a caller or a message, and answers when its facts are durable. The same request
// sent again has no effect and gets the same answer.
func (w *web) control(rw http.ResponseWriter, r *http.Request) {
	var q controlRequest
	if err := readJSON(rw, r, &q); err != nil {
		refuse(rw, http.StatusBadRequest, err.Error())
		return
	}
	if q.Request == "" || q.Agent == "" && q.Incident == "" && q.Contact == "" || q.Action == "" {
		refuse(rw, http.StatusBadRequest, "request, action, and agent, incident or contact are needed")
		return
	}
	out, ok := w.do(r.Context(), callcenter.Control(q))
	if !ok || out.Reply == nil {
		refuse(rw, http.StatusServiceUnavailable, "not durable in time; send the same request again")
		return
	}
	body := struct {
		State   fact.AgentState    `json:"state,omitempty"`
		Refused callcenter.Refusal `json:"refused,omitempty"`
	}{out.Reply.State, out.Reply.Refused}
	answer(rw, refusalStatus(out.Reply.Refused), body)
}

func refusalStatus(r callcenter.Refusal) int {
	switch r {
	case "":
		return http.StatusOK
	case callcenter.RefusedUnknownAgent, callcenter.RefusedUnknownContact, callcenter.RefusedUnknownIncident, callcenter.RefusedUnknownTarget, callcenter.RefusedUnknownSeat:
		return http.StatusNotFound
	case callcenter.RefusedConflict, callcenter.RefusedNotLoggedIn, callcenter.RefusedNotNow, callcenter.RefusedUnavailable,
		callcenter.RefusedNoTalk, callcenter.RefusedPhoneBusy, callcenter.RefusedNotRecorded, callcenter.RefusedNotWaiting,
		callcenter.RefusedNoSeat, callcenter.RefusedSeatTaken, callcenter.RefusedFixedPhone:
		return http.StatusConflict
	case callcenter.RefusedUnknownReason, callcenter.RefusedUnknownAction:
		return http.StatusUnprocessableEntity
	default:
		return http.StatusUnprocessableEntity
	}
}

// seen notes that an agent's page shows a screen pop, or that he opened its ticket.
func (w *web) seen(rw http.ResponseWriter, r *http.Request) {
	var q struct {
		Pop    string `json:"pop"`
		Opened bool   `json:"opened"`
	}
	if err := readJSON(rw, r, &q); err != nil {
		refuse(rw, http.StatusBadRequest, err.Error())
		return
	}
	out, ok := w.do(r.Context(), callcenter.PopSeen{Pop: q.Pop, Opened: q.Opened})
	switch {
	case !ok:
		refuse(rw, http.StatusServiceUnavailable, "not durable in time; send it again")
	case slices.Contains(out.Ignored, callcenter.IgnoredUnknownPop):
		refuse(rw, http.StatusNotFound, "no such pop")
	default:
		rw.WriteHeader(http.StatusNoContent)
	}
}

// do puts an event in and waits until what follows from it is durable. False: not in time; it may still happen.
func (w *web) do(ctx context.Context, event callcenter.Event) (callcenter.Output, bool) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	done := make(chan callcenter.Output, 1)
	w.inbox.put(item{occurred: time.Time{}, event: event, done: func(out callcenter.Output) { done <- out }})
	select {
	case out := <-done:
		return out, true
	case <-ctx.Done():
		return callcenter.Output{}, false
	}
}

func readJSON(rw http.ResponseWriter, r *http.Request, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxBody)).Decode(into); err != nil {
		return errors.New("the body is no valid JSON object")
	}
	return nil
}
