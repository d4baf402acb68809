package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/store"
	"firstline/pipeline/kafka"
	"firstline/pipeline/load"
)

// Waits of roles for what they need at their start.
const (
	startTry  = 5 * time.Second // one attempt
	startWait = 500 * time.Millisecond
)

// runLoad loads facts into ClickHouse; `load accept` lets a stopped partition go on with the log that is there.
func runLoad(ctx context.Context, env *environment) error {
	if len(env.args) > 0 && env.args[0] == "accept" {
		return acceptLog(ctx, env)
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	reg := newRegistry()
	db, cluster, err := openPipeline(s, env, reg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := until(ctx, env, "bring the tables to this version", db.Migrate); err != nil {
		return err
	}
	g := newGroup(ctx)
	g.run("loader", load.New(s.Load, cluster, db, env.log, reg).Run)
	g.run("health", serveHealth(s.LoadListen.Listen, reg, env.log, db.Ping))
	return g.wait()
}

func openPipeline(s *settings, env *environment, reg prometheus.Registerer) (*store.Store, *kafka.Cluster, error) {
	db, err := store.Open(s.Store, env.getenv, env.log, reg)
	if err != nil {
		return nil, nil, err
	}
	cluster, err := kafka.Open(s.Kafka, env.getenv)
	return db, cluster, err
}

// until tries a step again and again, until it succeeds or can't ever: what a role needs may start later than it does.
func until(ctx context.Context, env *environment, what string, step func(context.Context) error) error {
	for {
		try, cancel := context.WithTimeout(ctx, 12*startTry)
		err := step(try)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return nil //nolint:nilerr // told to stop while waiting
		case errors.Is(err, store.ErrNewer):
			return fmt.Errorf("%s: %w", what, err)
		}
		env.log.Warn("not ready, trying again", "what", what, "error", err)
		select {
		case <-time.After(startWait):
		case <-ctx.Done():
			return nil
		}
	}
}

func acceptLog(ctx context.Context, env *environment) error {
	flags := flag.NewFlagSet("load accept", flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	topic := flags.String("topic", "", "topic whose log is accepted")
	partition := flags.Int("partition", 0, "its partition")
	if err := flags.Parse(env.args[1:]); err != nil {
		return errShown
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	db, cluster, err := openPipeline(s, env, newRegistry())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 12*startTry)
	defer cancel()
	row, err := load.Accept(ctx, s.Load, cluster, db, *topic, *partition)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%s/%d goes on with cluster %s from offset %d\n", row.Topic, row.Partition, row.Cluster, row.First)
	return err
}

// migrate brings the tables to this version and says so.
func migrate(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	db, err := store.Open(s.Store, env.getenv, env.log, newRegistry())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 12*startTry)
	defer cancel()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "the tables of %s at %s are at this version\n", s.Store.Database, s.Store.URL)
	return err
}
