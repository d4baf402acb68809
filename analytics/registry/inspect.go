package registry

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Inspect looks, for `firstline doctor`, whether a PostgreSQL database is there and fit for the state, and says what it is. It changes
// nothing.
func Inspect(ctx context.Context, address string) (string, error) {
	config, err := parseAddress(address)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, defaultPatience)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer hangUp(ctx, conn)
	if err := fit(ctx, conn); err != nil {
		return "", err
	}
	done, err := versionOf(ctx, conn)
	if err != nil {
		return "", err
	}
	known := len(migrations())
	if done > known {
		return "", fmt.Errorf("%w: it is of a newer version (%d, this program knows %d)", errUnfit, done, known)
	}
	if err := rightsOn(ctx, conn, done < known); err != nil {
		return "", err
	}
	var version string
	var encrypted bool
	err = conn.QueryRow(ctx, "SELECT current_setting('server_version'), COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)").Scan(&version, &encrypted)
	if err != nil {
		return "", fmt.Errorf("ask for the version: %w", err)
	}
	encryption := "not encrypted"
	if encrypted {
		encryption = "encrypted"
	}
	return fmt.Sprintf("PostgreSQL %s at %s, %s, %d of %d migrations are applied", version, where(config), encryption, done, known), nil
}

// rightsOn tells what the role may not do: change rows, and make tables where there are migrations to come.
func rightsOn(ctx context.Context, conn *pgx.Conn, migrate bool) error {
	var standby, makes bool
	var role, schema string
	err := conn.QueryRow(ctx, `SELECT pg_is_in_recovery(), current_user, COALESCE(current_schema(), ''), COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(&standby, &role, &schema, &makes)
	switch {
	case err != nil:
		return fmt.Errorf("ask for the rights: %w", err)
	case standby:
		return fmt.Errorf("%w: it is a standby, which takes no changes: name the primary, or all hosts with target_session_attrs=read-write", errUnfit)
	case schema == "":
		return fmt.Errorf("%w: %s has no schema there: CREATE SCHEMA %s AUTHORIZATION %s", errUnfit, role, role, role)
	case migrate && !makes:
		return fmt.Errorf("%w: %s may make no tables in the schema %s: GRANT CREATE ON SCHEMA %s TO %s", errUnfit, role, schema, schema, role)
	}
	var closed []string
	err = conn.QueryRow(ctx, `SELECT COALESCE(array_agg(relname::text ORDER BY relname), '{}') FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY($1) AND NOT (has_table_privilege(oid, 'SELECT')
		AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')) `, tables()).Scan(&closed)
	switch {
	case err != nil:
		return fmt.Errorf("ask for the rights: %w", err)
	case len(closed) > 0:
		return fmt.Errorf("%w: %s may not read and change the tables %s: GRANT SELECT, INSERT, UPDATE, DELETE on them", errUnfit, role, strings.Join(closed, ", "))
	}
	return nil
}

var tableMade = regexp.MustCompile(`^CREATE TABLE (\w+)`)

// tables are those of the state.
func tables() []string {
	out := []string{"registry_version"}
	for _, m := range migrations() {
		if found := tableMade.FindStringSubmatch(m); found != nil {
			out = append(out, found[1])
		}
	}
	return out
}
