package main

import (
	"context"
	"errors"
	"path/filepath"
	"runtime/debug"
	"time"

	"firstline/analytics/api"
	"firstline/pipeline/kafka"
	"firstline/telephony/asterisk"
	"firstline/telephony/callcenter"
	"firstline/telephony/controller"
	"firstline/telephony/pins"
	"firstline/telephony/recordings"
	"firstline/telephony/tickets"
)

// runController holds Asterisk's calls: the core's loop, its log, the ARI adapter, look-ups and pops, and the publisher.
func runController(ctx context.Context, env *environment) error {
	// The live state is a few megabytes: a collection at each doubling would come several times a second while calls ring.
	debug.SetGCPercent(400)
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	reg := newRegistry()
	journal, err := openLog(s, "controller", "controller", false, env, reg)
	if err != nil {
		return err
	}
	c, err := controller.New(s.Controller, controller.Options{
		Plan: s.Plan, Journal: journal, Token: env.getenv(s.Controller.TokenEnv), Log: env.log, Registry: reg,
	})
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	if s.Asterisk.QueueLog, err = queueLog(s, env.getenv, s.Asterisk.QueueLog); err != nil {
		return errors.Join(err, journal.Close())
	}
	place, err := placeOfPrompts(s)
	if err != nil && len(s.Center.Prompts.List) > 0 {
		return errors.Join(err, journal.Close())
	}
	adapter, err := asterisk.New(s.Asterisk, asterisk.Options{
		Password: env.getenv(s.Asterisk.PasswordEnv), Sink: c, Log: env.log, Registry: reg, Offset: c.FallbackOffset(), Prompts: place.seen,
		Numbers: s.Numbers.Form(),
	})
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	adapter.SetEndpoints(endpoints(s.Plan))
	tasks, err := tickets.New(s.Tickets, s.Numbers.Form(), env.getenv, c, env.log, reg)
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	keeper, err := recordings.New(s.Recordings, adapter, c, env.log, reg)
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	cluster, err := kafka.Open(s.Kafka, env.getenv)
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	dir, err := s.folder("controller")
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	publisher := kafka.NewPublisher(cluster, journal, journal.Source(), filepath.Join(dir, "published.json"), env.log, reg)
	journal.Protect(publisher.Published)
	checks := pins.New(c, env.log, reg)
	checks.Set(pinHashes(s, env))
	c.Connect(controller.Outside{Executor: adapter, Tasks: tasks, Recordings: keeper, PINs: checks, Heart: adapter, AsteriskClock: adapter})

	g := newGroup(ctx)
	g.run("controller", c.Run)
	g.run("asterisk", adapter.Run)
	g.run("tickets", tasks.Run)
	g.run("recordings", keeper.Run)
	g.run("pins", checks.Run)
	g.run("publisher", publisher.Run)
	g.run("reload", func(ctx context.Context) error {
		return reload(ctx, env, func(s *settings) error {
			adapter.SetNumbers(s.Numbers.Form()) // before it: the plan's lists of callers are in this form
			checks.Set(pinHashes(s, env))
			c.Put(time.Time{}, callcenter.PlanChanged{Plan: s.Plan})
			adapter.SetEndpoints(endpoints(s.Plan)) // behind it: the core takes news only of phones it knows
			return nil
		})
	})
	return errors.Join(g.wait(), journal.Close())
}

// pinHashes are the hashes of the agents' PINs. Who is asked for his at a seat, and has none here, is told of.
func pinHashes(s *settings, env *environment) map[string]string {
	hashes := api.PINHashes(s.HTTP, s.Site, env.getenv)
	for _, a := range s.Plan.Agents {
		if s.Plan.Features.LoginPIN && a.Number != "" && hashes[a.ID] == "" {
			env.log.Warn("agent can't log in at a seat, the hash of his PIN can't be read here", "agent", a.ID)
		}
	}
	return hashes
}

// endpoints are the phones at which agents sit.
func endpoints(p *callcenter.Plan) []string {
	var out []string
	for _, a := range p.Agents {
		if a.Endpoint != "" {
			out = append(out, a.Endpoint)
		}
	}
	for _, seat := range p.Seats {
		out = append(out, seat.Endpoint)
	}
	return out
}
