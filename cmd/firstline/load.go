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
	"firstline/pipeline/trouble"
)

// Waits of roles for what they need at their start.
const (
	startTry      = 5 * time.Second // one attempt
	startWait     = 500 * time.Millisecond
	readyTry      = 2 * time.Second // one look at what a role needs, when it is asked whether it is ready
	startPatience = 2 * time.Second // before it is told that something is missing
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
	loader := load.New(s.Load, cluster, db, env.log, reg)
	migrated := make(chan struct{})
	g := newGroup(ctx)
	g.run("health", serveHealth("load.listen", s.LoadListen.Listen, reg, loadReady(db.Ping, migrated, loader.Health)))
	g.run("loader", func(ctx context.Context) error {
		if err := untilMigrated(ctx, env, db.Migrate); err != nil || ctx.Err() != nil {
			return err
		}
		close(migrated)
		return loader.Run(ctx)
	})
	return g.wait()
}

// loadReady says in words what keeps facts from being loaded, one line each.
func loadReady(ping func(context.Context) error, migrated <-chan struct{}, health func() []error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := ping(ctx); err != nil {
			return fmt.Errorf("clickhouse is not reached, figures come later: %w", err)
		}
		select {
		case <-migrated:
			return errors.Join(health()...)
		default:
			return errors.New("the tables are being brought to this version")
		}
	}
}

func openPipeline(s *settings, env *environment, reg prometheus.Registerer) (*store.Store, *kafka.Cluster, error) {
	db, err := store.Open(s.Store, env.getenv, env.log, reg)
	if err != nil {
		return nil, nil, err
	}
	cluster, err := kafka.Open(s.Kafka, env.getenv)
	return db, cluster, err
}

// untilMigrated migrates, again and again until it succeeds or can't ever: ClickHouse may start later than we do.
func untilMigrated(ctx context.Context, env *environment, step func(context.Context) error) error {
	absent := trouble.New(startPatience)
	for {
		try, cancel := context.WithTimeout(ctx, 12*startTry)
		err := step(try)
		cancel()
		switch {
		case err == nil:
			if told := absent.Over(); told != nil {
				env.log.Info("clickhouse is ready", told...)
			}
			return nil
		case ctx.Err() != nil:
			return nil //nolint:nilerr // told to stop while waiting
		case errors.Is(err, store.ErrNewer):
			return err
		}
		if told := absent.Failed(err); told != nil {
			env.log.Warn("clickhouse is not ready, nothing is loaded until it is", told...)
		}
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
