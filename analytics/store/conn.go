package store

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// discreet is a connection whose errors don't tell what was asked. The driver sends parameters in the address and names the address
// in its errors: callers' numbers and lists of contacts would stand in logs. Batches and Ping have no parameters; Select is not used.
type discreet struct{ clickhouse.Conn }

func (c discreet) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	rows, err := c.Conn.Query(ctx, query, args...)
	return rows, withoutParameters(err)
}

func (c discreet) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	return discreetRow{c.Conn.QueryRow(ctx, query, args...)}
}

func (c discreet) Exec(ctx context.Context, query string, args ...any) error {
	return withoutParameters(c.Conn.Exec(ctx, query, args...))
}

// discreetRow is the only row of an answer, which has the error of asking for it.
type discreetRow struct{ driver.Row }

func (r discreetRow) Err() error { return withoutParameters(r.Row.Err()) }

func (r discreetRow) Scan(dest ...any) error { return withoutParameters(r.Row.Scan(dest...)) }

// shortened is an error with another text.
type shortened struct {
	error
	text string
}

func (e shortened) Error() string { return e.text }

func (e shortened) Unwrap() error { return e.error }

// withoutParameters is an error whose text names the address without what stands behind its question mark.
func withoutParameters(err error) error {
	var of *url.Error
	if !errors.As(err, &of) {
		return err
	}
	address, parameters, found := strings.Cut(of.URL, "?")
	if !found || parameters == "" {
		return err
	}
	return shortened{err, strings.ReplaceAll(err.Error(), of.URL, address)}
}
