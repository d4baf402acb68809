package api

import (
	"bytes"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"firstline/analytics/live"
	"firstline/pipeline/fact"
)

// liveWallboard is GET live/wallboard.
func (a *API) liveWallboard(c *fiber.Ctx, who principal) error {
	return a.stream(c, "wallboard", who, func() source {
		return &wallboardSource{now: a.now, rights: who.rights, watch: a.now.Watch()}
	})
}

// wallboardSource sends the whole state, once a second at most.
type wallboardSource struct {
	now    Now
	rights rights // a change of them ends the stream
	watch  *live.Watcher
}

func (s *wallboardSource) begin(w *eventWriter) error { return s.paced(w) }
func (s *wallboardSource) changed(*eventWriter) error { return nil }
func (s *wallboardSource) paced(w *eventWriter) error {
	return w.send("state", s.rights.wallboard(s.now.Wallboard()))
}
func (s *wallboardSource) beat(w *eventWriter) error       { return w.send("heartbeat", s.now.Freshness()) }
func (s *wallboardSource) close()                          { s.watch.Close() }
func (s *wallboardSource) signals() (_, _ <-chan struct{}) { return nil, s.watch.Changed() }

// liveAgent is GET live/agent: of the agent who is signed in.
func (a *API) liveAgent(c *fiber.Ctx, who principal) error {
	return a.stream(c, "agent", who, func() source {
		return &agentSource{now: a.now, agent: who.Agent, own: a.now.WatchAgent(who.Agent), all: a.now.Watch()}
	})
}

// agentSource sends an agent's own state and screen pops at once, and his queues once a second at most.
type agentSource struct {
	now      Now
	agent    string
	own, all *live.Watcher
	shown    string // offer whose screen pop was sent and whose end was not
	known    string // last offer whose screen pop was sent, over or not
	queues   []byte // as last sent
	view     []byte // as last sent
}

// AgentView is an agent's own state as his stream has it: agent is null while the controller is not reached or doesn't know him.
type AgentView struct {
	live.Freshness
	Agent     *fact.SnapshotAgent `json:"agent" doc:"Null while the controller is not reached or doesn't know the agent"`
	Contact   *live.AgentContact  `json:"contact" doc:"The contact he is rung for, talks to or writes up; null when none"`
	LastOffer *live.OfferEnd      `json:"last_offer" doc:"The last one that is over; null when none is known"`
}

// AgentQueues are an agent's queues as his stream has them.
type AgentQueues struct {
	Queues []live.QueueBrief `json:"queues" nullable:"false"`
}

func (s *agentSource) begin(w *eventWriter) error {
	if err := s.changed(w); err != nil {
		return err
	}
	return s.paced(w)
}

func (s *agentSource) changed(w *eventWriter) error {
	v, ok := s.now.Agent(s.agent)
	if !ok {
		return s.sendView(w, AgentView{Freshness: v.Freshness})
	}
	if err := s.endOffer(w, v); err != nil {
		return err
	}
	if v.Popup != nil && v.Popup.Offer != s.known {
		if err := w.send("offer", v.Popup); err != nil {
			return err
		}
		s.known = v.Popup.Offer
		if v.Contact.Stage == live.StageRinging {
			s.shown = s.known
		}
	}
	return s.sendView(w, AgentView{v.Freshness, &v.Agent, v.Contact, v.LastOffer})
}

// endOffer tells that the offer shown is over, with its result where that is still known.
func (s *agentSource) endOffer(w *eventWriter, v live.AgentView) error {
	if s.shown == "" {
		return nil
	}
	end := live.OfferEnd{Offer: s.shown}
	switch {
	case v.LastOffer != nil && v.LastOffer.Offer == s.shown:
		end = *v.LastOffer
	case v.Popup != nil && v.Popup.Offer == s.shown:
		return nil // it still rings
	case v.Stale || (v.Popup == nil && v.Agent.State == fact.AgentRinging):
		return nil // not known yet
	}
	s.shown = ""
	return w.send("offer_ended", end)
}

// sendView sends the state, unless nothing but its age changed.
func (s *agentSource) sendView(w *eventWriter, v AgentView) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if bytes.Equal(b, s.view) {
		return nil
	}
	s.view = b
	return w.raw("agent", b)
}

func (s *agentSource) paced(w *eventWriter) error {
	b, err := json.Marshal(AgentQueues{s.now.Queues(s.agent)})
	if err != nil || bytes.Equal(b, s.queues) {
		return err
	}
	s.queues = b
	return w.raw("queues", b)
}

func (s *agentSource) beat(w *eventWriter) error { return w.send("heartbeat", s.now.Freshness()) }

func (s *agentSource) signals() (atOnce, coalesced <-chan struct{}) {
	return s.own.Changed(), s.all.Changed()
}

func (s *agentSource) close() {
	s.own.Close()
	s.all.Close()
}
