package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/api"
	"firstline/analytics/forget"
	"firstline/analytics/live"
	"firstline/analytics/notify"
	"firstline/analytics/query"
	"firstline/analytics/registry"
	"firstline/analytics/store"
	"firstline/dashboards"
	"firstline/pipeline/archive"
	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
	"firstline/pipeline/load"
	"firstline/pipeline/log"
	"firstline/pipeline/number"
)

// runAPI serves the API and the pages, follows the controller, and publishes the ticket events it takes in.
func runAPI(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	reg := newRegistry()
	dir, err := s.folder("api")
	if err != nil {
		return err
	}
	state, err := openState(ctx, s, dir, env, reg)
	if err != nil {
		return err
	}
	now, err := live.New(s.Live, env.getenv, env.log, reg)
	if err != nil {
		return err
	}
	db, err := store.Open(s.Store, env.getenv, env.log, reg)
	if err != nil {
		return err
	}
	cluster, err := kafka.Open(s.Kafka, env.getenv)
	if err != nil {
		return err
	}
	ticketLog, err := openLog(s, filepath.Join("api", "log"), "api/"+s.Plan.Node, true, env, reg)
	if err != nil {
		return err
	}
	publisher := kafka.NewPublisher(cluster, ticketLog, "api/"+s.Plan.Node, filepath.Join(dir, "published.json"), env.log, reg)
	ticketLog.Protect(publisher.Published)
	sender, err := notify.New(s.Mail, s.Webhooks, env.getenv, time.Now, env.log, reg)
	if err != nil {
		return err
	}
	deps := api.Deps{
		Log: env.log, Getenv: env.getenv, Registry: reg, State: state, Now: now,
		Reports: query.New(db.Conn(), s.Query, time.Now), Notify: sender, Tickets: ticketLog, Pages: dashboards.Pages(), Version: release, Process: processName(s),
		Numbers: s.Numbers.Form(),
		Checks:  []api.Check{{Name: "clickhouse", Test: db.Ping}}, TicketWay: ticketWay(cluster, db, ticketLog, publisher),
	}
	if s.Recordings.Dir != "" {
		deps.Archive = archive.Dir(s.Recordings.Dir)
	}
	numbers := atomic.Pointer[number.Form]{}
	form := s.Numbers.Form()
	numbers.Store(&form)
	forgetting := newForgetter(s, env, db, func() number.Form { return *numbers.Load() }, reg)
	deps.Forget = forgetting
	server, err := api.New(s.HTTP, s.Site, deps)
	if err != nil {
		return err
	}
	g := newGroup(ctx)
	g.run("log", ticketLog.Run)
	g.run("publisher", publisher.Run)
	g.run("live", now.Run)
	g.run("http", server.Run)
	g.run("forget", forgetting.Run)
	g.run("reload", func(ctx context.Context) error {
		return reload(ctx, env, func(s *settings) error {
			form := s.Numbers.Form()
			numbers.Store(&form)
			return server.Reload(s.HTTP, s.Site, form)
		})
	})
	return joined(g.wait(), ticketLog.Close(), db.Close(), state.Close())
}

// ticketWay tells how far ticket events are loaded: those that wait in the log for Kafka, and those that wait there for the loader.
func ticketWay(cluster *kafka.Cluster, db *store.Store, own *log.Log, publisher *kafka.Publisher) api.TicketWay {
	return func(ctx context.Context) ([]load.Reach, error) {
		//nolint:gosec // a log does not reach 2^63 positions
		waiting := load.Reach{Place: "log", Loaded: int64(publisher.Published()), End: int64(own.Position())}
		reaches, err := load.Reaches(ctx, cluster, db, fact.TopicTickets)
		return append(reaches, waiting), err
	}
}

// openState opens the API's small state: a file in its folder, or PostgreSQL.
func openState(ctx context.Context, s *settings, dir string, env *environment, reg prometheus.Registerer) (*registry.Registry, error) {
	if !s.HTTP.State.Postgres() {
		return registry.Open(ctx, dir)
	}
	address, err := api.StateAddress(s.HTTP, env.getenv)
	if err != nil {
		return nil, fmt.Errorf("http.state: %w", err)
	}
	return registry.OpenPostgres(ctx, s.HTTP.State, address, env.log, reg)
}

// processName is which API process this is, to people: its host and the port it listens on.
func processName(s *settings) string {
	host, err := os.Hostname()
	if err != nil {
		host = s.Plan.Node
	}
	_, port, err := net.SplitHostPort(s.HTTP.Listen)
	if err != nil { // it was checked
		return host
	}
	return net.JoinHostPort(host, port)
}

// newForgetter makes what erases callers and keeps to the times of retention.
func newForgetter(s *settings, env *environment, db *store.Store, numbers func() number.Form, reg prometheus.Registerer) *forget.Worker {
	deps := forget.Deps{Log: env.log, Registry: reg, Store: db, Numbers: numbers, Lasts: s.lasts()}
	if s.Recordings.Dir != "" {
		deps.Archive = archive.Dir(s.Recordings.Dir)
	}
	return forget.New(s.Retention, deps)
}

// openLog opens a process's own log under the data folder.
func openLog(s *settings, name, source string, stateless bool, env *environment, reg prometheus.Registerer) (*log.Log, error) {
	dir, err := s.folder(name)
	if err != nil {
		return nil, err
	}
	cfg := s.Log
	cfg.Dir, cfg.Source, cfg.Stateless = dir, source, stateless
	l, err := log.Open(cfg, env.log, reg)
	if errors.Is(err, syscall.ENOSPC) {
		return nil, fmt.Errorf("open the log in %s: the disk is full: make room there, new calls take asterisk's own queue until then: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the log in %s: %w", dir, err)
	}
	return l, nil
}
