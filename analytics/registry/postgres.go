package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/trouble"
)

const (
	defaultPatience = 5 * time.Second // with one connection, statement or transaction
	migratePatience = 5 * time.Minute // with all steps that are to be taken
	retryEvery      = time.Second     // while PostgreSQL is not reached at the start
	connLife        = time.Hour       // so that connections move when the address leads elsewhere
	connIdle        = 5 * time.Minute
)

// OpenPostgres opens the state in a PostgreSQL database, which several API processes may share. It fails when that is not fit or refuses
// us. When it is not reached the registry is opened all the same and goes on trying: until then, and whenever PostgreSQL is away later,
// each method fails within seconds. Close it when the API has stopped.
func OpenPostgres(ctx context.Context, cfg Config, address string, log *slog.Logger, reg prometheus.Registerer) (*Registry, error) {
	return openWith(ctx, cfg, address, defaultPatience, log, reg)
}

func openWith(ctx context.Context, cfg Config, address string, patience time.Duration, log *slog.Logger, reg prometheus.Registerer) (*Registry, error) {
	if p := cfg.Validate(); len(p) > 0 {
		return nil, fmt.Errorf("open the api's state: %s %s", p[0].Path, p[0].Message)
	}
	config, err := parseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("open the api's state in postgresql: %w", err)
	}
	c := &connector{Connector: stdlib.GetConnector(*config, stdlib.OptionAfterConnect(prepareSession)), config: config, patience: patience}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(cfg.Connections)
	db.SetMaxIdleConns(cfg.Connections)
	db.SetConnMaxLifetime(connLife)
	db.SetConnMaxIdleTime(connIdle)
	c.m = newMetrics(reg, db)
	r := &Registry{db: db}

	first, cancel := context.WithTimeout(ctx, defaultPatience)
	defer cancel()
	err = c.prepare(first)
	switch {
	case err == nil:
		log.Info("the api's state is in postgresql", "server", where(config))
	case final(err) || ctx.Err() != nil:
		_ = db.Close()
		return nil, fmt.Errorf("open the api's state in postgresql at %s: %w", where(config), err)
	default:
		trying, stop := context.WithCancel(context.WithoutCancel(ctx))
		reached := make(chan struct{})
		r.stop = func() { stop(); <-reached }
		go func() {
			defer close(reached)
			c.reach(trying, log, err)
		}()
	}
	return r, nil
}

// reach tries again and again to bring the database to this program's version.
func (c *connector) reach(ctx context.Context, log *slog.Logger, err error) {
	t := trouble.New(0)
	for {
		c.m.failures.WithLabelValues(unreached).Inc()
		if told := t.Failed(err); told != nil {
			log.Warn("postgresql is not reached, nobody can sign in until it is", append(told, "server", where(c.config))...)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryEvery):
		}
		if err = c.prepare(ctx); err == nil {
			log.Info("postgresql is reached, the api's state is there", append(t.Over(), "server", where(c.config))...)
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// parseAddress reads an address. Its errors hold no password.
func parseAddress(address string) (*pgx.ConnConfig, error) {
	const mend = "write postgres://user:password@host:5432/firstline"
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("the address is none of PostgreSQL: " + mend) // it may be a password: nothing of it is told
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		reason := "it can't be read"
		if inner := errors.Unwrap(err); inner != nil {
			reason = inner.Error()
			if password, ok := u.User.Password(); ok && password != "" {
				reason = strings.ReplaceAll(reason, password, "…")
			}
		}
		return nil, fmt.Errorf("the address is not right: %s: %s", reason, mend)
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > defaultPatience {
		config.ConnectTimeout = defaultPatience
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "firstline"
	}
	return config, nil
}

// where is the database as it is told to people.
func where(config *pgx.ConnConfig) string {
	return fmt.Sprintf("%s:%d/%s", config.Host, config.Port, config.Database)
}

// prepareSession is run on each new connection. Statements that nobody waits for end; a process that stands still holds no lock; and what
// is answered is on disk, also where the database's default is to be quicker.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('statement_timeout', '10s', false), set_config('idle_in_transaction_session_timeout', '10s', false),
		set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)`)
	if err != nil {
		hangUp(ctx, conn) // pgx forgets it
	}
	return err
}

// hangUp closes a connection, also when ctx is over, and waits for nobody.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // there is nothing left to be done about it
}

// prepare looks whether the database is fit and brings it to this program's version.
func (c *connector) prepare(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.config) // which has a time-out
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	looking, cancel := context.WithTimeout(ctx, defaultPatience)
	defer cancel()
	if err := fit(looking, conn); err != nil {
		return err
	}
	done, err := versionOf(looking, conn)
	if err != nil {
		return err
	}
	if done != len(migrations()) {
		ctx, cancel := context.WithTimeout(ctx, migratePatience)
		defer cancel()
		if err := migratePostgres(ctx, conn, migrations()); err != nil {
			return err
		}
	}
	c.ready.Store(true)
	return nil
}

// oldest is the first version of PostgreSQL that its makers, and our driver, still look after.
const oldest = 14

// errUnfit is wrapped by what only a change of the database mends.
var errUnfit = errors.New("the database is not fit")

// fit refuses what can't keep the state.
func fit(ctx context.Context, conn *pgx.Conn) error {
	var number int
	var version, encoding string
	err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding')").Scan(&number, &version, &encoding)
	switch {
	case err != nil:
		return fmt.Errorf("ask for the version: %w", err)
	case number < oldest*10000:
		return fmt.Errorf("%w: it is PostgreSQL %s, %d or newer is needed", errUnfit, version, oldest)
	case encoding != "UTF8":
		return fmt.Errorf("%w: its encoding is %s: make it with ENCODING 'UTF8'", errUnfit, encoding)
	}
	return nil
}

// versionOf is how many migrations were applied.
func versionOf(ctx context.Context, conn querying) (int, error) {
	var found bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('registry_version') IS NOT NULL").Scan(&found); err != nil {
		return 0, fmt.Errorf("look for the table registry_version: %w", err)
	}
	if !found {
		return 0, nil
	}
	var done int
	if err := conn.QueryRow(ctx, "SELECT version FROM registry_version").Scan(&done); err != nil {
		return 0, fmt.Errorf("read the table registry_version: %w", err)
	}
	return done, nil
}

type querying interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// migrating is the advisory lock of who migrates: API processes that start at once do it one after another.
const migrating = 0x66697273746c // "firstl"

// migratePostgres brings the database to this program's version, all steps or none. The connection keeps the lock until it is closed.
func migratePostgres(ctx context.Context, conn *pgx.Conn, all []string) error {
	// Before the transaction: within one, a table that was made while we waited may still count as missing.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrating)); err != nil {
		return fmt.Errorf("migrate: wait for who migrates: %w", err)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // after Commit it does nothing
	done, err := versionOf(ctx, tx)
	if err != nil {
		return err
	}
	switch {
	case done == len(all):
		return nil // somebody else did it meanwhile
	case done > len(all):
		return fmt.Errorf("%w: it is of a newer version (%d, this program knows %d)", errUnfit, done, len(all))
	case done == 0:
		if _, err := tx.Exec(ctx, "CREATE TABLE registry_version (version BIGINT NOT NULL); INSERT INTO registry_version VALUES (0)"); err != nil {
			return fmt.Errorf("migrate: make the table registry_version: %w", err)
		}
	}
	for i, statement := range all[done:] {
		if _, err := tx.Exec(ctx, forPostgres(statement)); err != nil {
			return fmt.Errorf("migration %d, %q: %w", done+i+1, statement, err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE registry_version SET version = $1", len(all)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return tx.Commit(ctx)
}

// final says whether trying again doesn't help: the database is not fit, or PostgreSQL answered that it won't.
func final(err error) bool {
	var said *pgconn.PgError
	return errors.Is(err, errUnfit) || errors.As(err, &said) && !passing(said)
}

// passing says whether what PostgreSQL refuses goes by itself: it starts, stops, changes over to another host, has no room for a connection,
// or somebody else's transaction was first. https://www.postgresql.org/docs/current/errcodes-appendix.html
func passing(said *pgconn.PgError) bool {
	switch class := said.Code[:min(2, len(said.Code))]; class {
	case "08", "40", "53", "57": // connection, rollback, resources, operator
		return true
	default:
		return said.Code == "25006" // read-only: a standby
	}
}
