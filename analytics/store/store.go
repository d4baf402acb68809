// Package store owns the tables in ClickHouse: it makes them (numbered migrations, forward only), inserts facts, and keeps
// the loader's book, the table loads.
//
// The role `load` inserts through it, `firstline migrate` and every role's start call Migrate, analytics/query reads over
// its connection. It speaks to the embedded engine, a server and a cluster alike, over HTTP. It updates a row
// only to empty what tells who called, never decides what is a repeat (pipeline/load does), nor who is erased and when
// (analytics/forget does), and computes no figure (analytics/query does).
package store

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/row"
	"firstline/pipeline/load"
)

// Deadlines of statements that carry none of their own.
const (
	dialTimeout  = 5 * time.Second
	queryTimeout = time.Minute
	ddlTimeout   = 5 * time.Minute
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	cfg     Config
	options *clickhouse.Options // of conn; templates for the connection that makes the database
	conn    clickhouse.Conn
	log     *slog.Logger
	metrics *metrics
	tables  *row.Tables
	now     func() time.Time
	erasing erasing
}

var _ load.Sink = (*Store)(nil)

// Open prepares a store. It connects to nothing yet: an error means a wrong configuration.
func Open(cfg Config, getenv func(string) string, log *slog.Logger, reg prometheus.Registerer) (*Store, error) {
	if p := cfg.Validate(); len(p) > 0 {
		return nil, fmt.Errorf("clickhouse: %s %s", p[0].Path, p[0].Message)
	}
	u, err := cfg.endpoint()
	if err != nil {
		return nil, fmt.Errorf("clickhouse: url %w", err)
	}
	options := &clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{u.Host},
		HttpUrlPath: u.Path,
		Auth:        clickhouse.Auth{Database: cfg.Database, Username: cfg.Username},
		DialTimeout: dialTimeout,
		// The time until the header of an answer: an insert's comes when it is done.
		ReadTimeout:     cfg.InsertTimeout + 10*time.Second,
		MaxOpenConns:    16,
		MaxIdleConns:    8,
		ConnMaxLifetime: time.Hour,
		// Without it, an insert on a recent server is acknowledged before it is in its table.
		Settings: clickhouse.Settings{"async_insert": 0},
	}
	if u.Scheme == "https" {
		options.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
	}
	if cfg.PasswordEnv != "" {
		if options.Auth.Password = getenv(cfg.PasswordEnv); options.Auth.Password == "" {
			return nil, fmt.Errorf("clickhouse: the variable %s, named in password_env, is not set", cfg.PasswordEnv)
		}
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return &Store{cfg: cfg, options: options, conn: discreet{conn}, log: log, metrics: newMetrics(reg), tables: row.NewTables(), now: time.Now}, nil
}

// Conn is the connection, for reading. Its database is the configured one.
func (s *Store) Conn() clickhouse.Conn { return s.conn }

// Ping asks whether the database answers and exists. The caller sets the deadline.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.conn.Ping(ctx); err != nil {
		return fmt.Errorf("reach clickhouse at %s: %w", s.cfg.URL, core(err))
	}
	return nil
}

// core is the part of the driver's error that says what is wrong, without the steps and the URL around it.
func core(err error) error {
	var network *net.OpError
	var exception *clickhouse.Exception
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("it does not answer in time: %w", context.DeadlineExceeded)
	case errors.As(err, &network):
		return network
	case errors.As(err, &exception):
		return exception
	}
	return err
}

// Close gives the connections back.
func (s *Store) Close() error { return s.conn.Close() }

// missing says whether an error is ClickHouse's word that the database or table does not exist.
func missing(err error) bool {
	const unknownTable, unknownDatabase = 60, 81
	var e *clickhouse.Exception
	return errors.As(err, &e) && (e.Code == unknownTable || e.Code == unknownDatabase)
}
