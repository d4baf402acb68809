package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one numbered step. Steps are never changed once released: a later one mends an earlier one.
type migration struct {
	version    uint32
	name       string // of the file
	checksum   string // of the file, hex
	statements []string
}

var migrationName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// readMigrations returns the steps in order. Their numbers run from 1 without a hole.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	out := make([]migration, 0, len(names))
	for i, path := range names { // Glob sorts
		name := strings.TrimPrefix(path, "migrations/")
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			return nil, fmt.Errorf("migration %s: its name is not 0000_what.sql", name)
		}
		version, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil || version != uint64(i)+1 {
			return nil, fmt.Errorf("migration %s: number %04d is expected here", name, i+1)
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		out = append(out, migration{uint32(version), name, hex.EncodeToString(sum[:]), splitStatements(string(text))})
	}
	return out, nil
}

// splitStatements cuts at semicolons that end a line and leaves out comment lines.
func splitStatements(text string) []string {
	var out []string
	var b strings.Builder
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "--") || trimmed == "" {
			continue
		}
		if head, ok := strings.CutSuffix(trimmed, ";"); ok {
			b.WriteString(head)
			out = append(out, b.String())
			b.Reset()
			continue
		}
		b.WriteString(line)
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		out = append(out, rest)
	}
	return out
}

// ErrNewer is wrapped when the database was migrated by a newer version of the program.
var ErrNewer = errors.New("the database is newer than this program")

// Migrate makes the database where it is missing and takes every step it has not taken. Repeating it, also from several
// processes at once, is harmless: every statement can be run again.
func (s *Store) Migrate(ctx context.Context) error {
	steps, err := readMigrations(migrationFiles)
	if err != nil {
		return err
	}
	return s.migrate(ctx, steps)
}

func (s *Store) migrate(ctx context.Context, steps []migration) error {
	applied, err := s.applied(ctx)
	if missing(err) {
		if err := s.prepareDatabase(ctx); err != nil {
			return err
		}
		applied, err = s.applied(ctx)
	}
	if err != nil {
		return err
	}
	pending, err := compare(applied, steps)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return nil
	}
	d, err := s.dialect(ctx)
	if err != nil {
		return err
	}
	for _, m := range pending {
		if err := s.apply(ctx, d, m); err != nil {
			return err
		}
		s.log.Info("clickhouse migrated", "migration", m.name)
	}
	return nil
}

// compare returns the steps that are to be taken.
func compare(applied map[uint32]string, steps []migration) ([]migration, error) {
	for version := range applied {
		if int(version) > len(steps) {
			return nil, fmt.Errorf("migrate clickhouse: it has migration %04d, this program knows %04d: %w; install the newer program",
				version, len(steps), ErrNewer)
		}
	}
	for i, m := range steps {
		sum, ok := applied[m.version]
		if !ok {
			return steps[i:], nil
		}
		if sum != m.checksum {
			return nil, fmt.Errorf("migrate clickhouse: %s was changed after it was applied here; a database made by an unreleased "+
				"version has to be dropped", m.name)
		}
	}
	return nil, nil
}

// applied returns the checksums of the steps taken.
func (s *Store) applied(ctx context.Context) (map[uint32]string, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, "migrations"); err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(ctx, "SELECT version, checksum FROM migrations")
	if err != nil {
		return nil, fmt.Errorf("read the table migrations at %s: %w", s.cfg.URL, core(err))
	}
	defer func() { _ = rows.Close() }()
	out := map[uint32]string{}
	for rows.Next() {
		var version uint32
		var checksum string
		if err := rows.Scan(&version, &checksum); err != nil {
			return nil, fmt.Errorf("read the table migrations: %w", err)
		}
		out[version] = checksum
	}
	return out, rows.Err()
}

const createMigrations = `CREATE TABLE IF NOT EXISTS migrations {on_cluster}
(
    version UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine}
ORDER BY version
SETTINGS {settings}`

// prepareDatabase makes the database, over a connection that does not name it, and the table of the steps taken.
func (s *Store) prepareDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ddlTimeout)
	defer cancel()
	options := *s.options
	options.Auth.Database = "default"
	admin, err := clickhouse.Open(&options)
	if err != nil {
		return fmt.Errorf("migrate clickhouse: %w", err)
	}
	defer func() { _ = admin.Close() }()
	d := s.baseDialect()
	if err := admin.Exec(ctx, d.expand("CREATE DATABASE IF NOT EXISTS "+s.cfg.Database+" {on_cluster}")); err != nil {
		return fmt.Errorf("migrate clickhouse: make database %s: %w", s.cfg.Database, err)
	}
	if err := s.conn.Exec(ctx, d.expand(createMigrations)); err != nil {
		return fmt.Errorf("migrate clickhouse: make the table migrations: %w", err)
	}
	return nil
}

func (s *Store) apply(ctx context.Context, d dialect, m migration) error {
	ctx, cancel := context.WithTimeout(ctx, ddlTimeout)
	defer cancel()
	for i, statement := range m.statements {
		if err := s.conn.Exec(ctx, d.expand(statement)); err != nil {
			return fmt.Errorf("migrate clickhouse: %s, statement %d: %w", m.name, i+1, err)
		}
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": "migration/" + m.name}))
	err := s.conn.Exec(ctx, "INSERT INTO migrations (version, name, checksum) SELECT {version:UInt32}, {name:String}, {checksum:String}",
		clickhouse.Named("version", m.version), clickhouse.Named("name", m.name), clickhouse.Named("checksum", m.checksum))
	if err != nil {
		return fmt.Errorf("migrate clickhouse: note %s: %w", m.name, err)
	}
	return nil
}

// dialect is what differs between a single server and a cluster, and between versions.
type dialect struct{ engine, onCluster, settings string }

func (s *Store) baseDialect() dialect {
	d := dialect{engine: "MergeTree", settings: "non_replicated_deduplication_window = 10000"}
	if s.cfg.Cluster != "" {
		d = dialect{engine: "ReplicatedMergeTree", onCluster: "ON CLUSTER " + s.cfg.Cluster,
			settings: "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"}
	}
	// What is acknowledged survives a power cut.
	d.settings += ", fsync_after_insert = 1, fsync_part_directory = 1"
	return d
}

// dialect adds what only newer servers know: there, statistics would be made for every column of every insert, which
// costs a seventh of an insert's time and serves none of our queries.
func (s *Store) dialect(ctx context.Context) (dialect, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	d := s.baseDialect()
	var known uint64
	err := s.conn.QueryRow(ctx, "SELECT count() FROM system.merge_tree_settings WHERE name = 'auto_statistics_types'").Scan(&known)
	if err != nil {
		return d, fmt.Errorf("migrate clickhouse: ask which settings the server knows: %w", err)
	}
	if known > 0 {
		d.settings += ", auto_statistics_types = ''"
	}
	return d, nil
}

func (d dialect) expand(statement string) string {
	return strings.NewReplacer("{engine}", d.engine, "{on_cluster}", d.onCluster, "{settings}", d.settings).Replace(statement)
}

// sync makes this replica see everything that was acknowledged by any. Without a cluster there is nothing to do.
func (s *Store) sync(ctx context.Context, table string) error {
	if s.cfg.Cluster == "" {
		return nil
	}
	if err := s.conn.Exec(ctx, "SYSTEM SYNC REPLICA "+table+" LIGHTWEIGHT"); err != nil {
		return fmt.Errorf("wait for the replica of table %s: %w", table, err)
	}
	return nil
}
