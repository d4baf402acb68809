package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"firstline/analytics/query"
)

// ExportQuery asks for a whole list as a file.
type ExportQuery struct {
	Format string `query:"format" default:"csv" enum:"csv,jsonl,xlsx" doc:"Form of the file"`
}

// exportTag marks the routes of exports, whose form is a parameter.
const exportTag = "exports"

// exportKind is what exports are counted as among the streams.
const exportKind = "export"

// exportRetry is what a refused one is told to wait, in seconds: nobody knows when another is over.
const exportRetry = "10"

func newExports(cfg Config, m *metrics) *streams {
	refusal := fail(CodeTooManyRequests, strconv.Itoa(cfg.ExportsPerUser)+" exports of yours are being sent (http.exports_per_user): wait until one is done", nil)
	refusal.Headers = map[string]string{fiber.HeaderRetryAfter: exportRetry}
	return &streams{most: cfg.MaxStreams, each: cfg.ExportsPerUser, refusal: refusal, open: map[string]int{}, m: m}
}

// export answers a whole list as a file, page after page while it is sent, so that its length doesn't matter. The first page is read before
// anything is sent: what is wrong with the request is a problem as anywhere. What goes wrong later breaks the connection off, so that
// nobody takes a part of the list for all of it.
func export[Q any, P page](ctx context.Context, a *API, name string, read reading[Q, P], who principal, q Q, format string) (*huma.StreamResponse, error) {
	form, id, c := tableForms()[format], of(ctx).id, of(ctx).c
	begin, err := read(ctx, who, q, PageQuery{Limit: query.MaxPage})
	if err != nil {
		return nil, err
	}
	asker := of(ctx).asker()
	if err := a.exports.enter(exportKind, asker); err != nil { // behind the read: what panics there would never leave
		return nil, err
	}
	conn, shown := c.Context().Conn(), a.credentialOf(c)
	send := func(w *bufio.Writer) {
		cause := causeError
		defer func() {
			if p := recover(); p != nil {
				a.m.panics.Inc()
				a.log.Error("export panicked", "export", name, "request", id, "error", fmt.Sprint(p))
			}
			a.exports.leave(exportKind, asker, cause)
			if cause != "complete" {
				_ = conn.Close() // the client sees that the file has no end
			}
		}()
		err := writePages(&patient{w, conn, a.patience}, form, a.cfg.ExportRows, begin, func(cursor string) (P, error) {
			later := context.WithValue(a.stop, requestKey{}, &request{id: id, who: who}) // the request itself is over
			ctx, cancel := context.WithTimeout(query.AskedBy(later, asker), a.cfg.QueryTimeout)
			defer cancel()
			who, err := a.identify(ctx, shown) // he may be signed out by now, or limited to less
			switch {
			case refused(err):
				return begin, errors.Join(errSignedOut, err)
			case err != nil:
				return begin, fmt.Errorf("sessions and keys can't be read: %w", err)
			}
			return read(ctx, who, q, PageQuery{Limit: query.MaxPage, Cursor: cursor, rest: true})
		})
		switch {
		case err == nil:
			cause = "complete"
		case a.stop.Err() != nil:
			cause = "stopped"
		case errors.Is(err, errTooLong):
			cause = "too_long"
			a.log.Warn("export broken off: it has more rows than http.export_rows", "export", name, "request", id, "user", who.Name)
		default:
			if cause = causeOf(err); cause == causeError {
				a.log.Error("export broken off", "export", name, "request", id, "error", err)
			}
		}
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		if fresh, ok := freshnessOf(begin); ok {
			ctx.SetHeader(freshnessHeader, fresh)
		}
		ctx.SetHeader(fiber.HeaderContentType, form.contentType())
		ctx.SetHeader(fiber.HeaderContentDisposition, `attachment; filename="`+name+"."+format+`"`)
		ctx.SetHeader(fiber.HeaderCacheControl, "no-store")
		c.Context().SetBodyStreamWriter(send)
	}}, nil
}

// errTooLong ends an export that has more rows than it may.
var errTooLong = errors.New("api: the export has too many rows")

// writePages writes the first page and all that follow, so many rows at most.
func writePages[P page](w *patient, form form, most int, p P, more func(cursor string) (P, error)) error {
	rows := reflect.ValueOf(p.tableRows())
	out, err := newRowWriter(form, w, rows.Type().Elem())
	if err != nil {
		return err
	}
	defer out.discard()
	for {
		if most -= rows.Len(); most < 0 {
			return errTooLong
		}
		if err := out.write(rows); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
		}
		if p.next() == nil {
			break
		}
		cursor := *p.next()
		if p, err = more(cursor); err != nil {
			return err
		}
		if p.next() != nil && *p.next() == cursor {
			return fmt.Errorf("the page at %q names itself as the next", cursor) // or the file would never end
		}
		rows = reflect.ValueOf(p.tableRows())
	}
	if err := out.close(); err != nil {
		return err
	}
	return w.flush()
}

// patient writes to a client that has so long to take each part.
type patient struct {
	w        *bufio.Writer
	conn     net.Conn
	patience time.Duration
}

func (p *patient) Write(b []byte) (n int, err error) {
	if err = p.conn.SetWriteDeadline(time.Now().Add(p.patience)); err == nil {
		n, err = p.w.Write(b)
	}
	return n, goneBy(err)
}

func (p *patient) flush() error {
	err := p.conn.SetWriteDeadline(time.Now().Add(p.patience))
	if err == nil {
		err = p.w.Flush()
	}
	return goneBy(err)
}
