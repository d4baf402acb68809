package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/gofiber/fiber/v2"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/controllerclient"
)

// ClickHouse's codes for a statement that came before the tables were made.
const (
	chNoTable    = 60 // UNKNOWN_TABLE
	chNoDatabase = 81 // UNKNOWN_DATABASE
)

// classifyBackend finds the code of what the parts behind the API answer.
func classifyBackend(err error) *Error {
	var refused *controllerclient.RefusedError
	var request *query.Invalid
	var limit *query.LimitError
	var rows *metric.RowsError
	var busy *query.BusyError
	switch {
	case errors.As(err, &refused):
		return &Error{Code: codeOfRefusal(refused.Refusal), err: err}
	case errors.As(err, &request):
		return invalidRequest(request)
	case errors.As(err, &limit):
		return overLimit(limit)
	case errors.As(err, &rows):
		return &Error{Code: CodeQueryTooLarge, Detail: fmt.Sprintf("the report would have %d rows, each interval with each group, more than %d: %s", rows.Rows, metric.MaxRows, askSmaller), err: err}
	case errors.As(err, &busy):
		return tooBusy(busy)
	case errors.Is(err, query.ErrNotFound):
		return &Error{Code: CodeNotFound, err: err}
	case errors.Is(err, controllerclient.ErrOver):
		return &Error{Code: CodeNotFound, Detail: "the offer is over", err: err}
	case errors.Is(err, controllerclient.ErrNotReady):
		return &Error{Code: CodeUnavailable, Detail: "the controller is not ready", err: err}
	case errors.Is(err, controllerclient.ErrUnreachable):
		return &Error{Code: CodeUnavailable, Detail: "the controller does not answer", err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: CodeTimeout, Detail: "it took longer than http.query_timeout allows: try again, or ask for less", err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Code: CodeUnavailable, Detail: "shutting down", err: err}
	default:
		return classifyDatabase(err)
	}
}

// invalidRequest shows every mistake that analytics/query found.
func invalidRequest(request *query.Invalid) *Error {
	e := &Error{Code: CodeInvalid, err: request}
	for _, p := range request.Problems {
		text := p.Message
		if p.Mend != "" {
			text += "; " + p.Mend
		}
		e.Fields = append(e.Fields, Field{"query." + p.Path, text})
	}
	if len(e.Fields) > 0 {
		e.Detail = e.Fields[0].Location + " " + e.Fields[0].Message
	}
	return e
}

const askSmaller = "choose a shorter window, a longer interval or fewer groups"

// overLimit tells which limit a request ran into, and how to ask for less.
func overLimit(limit *query.LimitError) *Error {
	if limit.Slow {
		return &Error{Code: CodeTimeout, Detail: "it took longer than " + limit.Most + " (" + limit.Key + "): " + askSmaller, err: limit}
	}
	return &Error{Code: CodeQueryTooLarge, Detail: "it needs more than " + limit.Most + " (" + limit.Key + "): " + askSmaller, err: limit}
}

// tooBusy tells when to try again.
func tooBusy(busy *query.BusyError) *Error {
	after := map[string]string{fiber.HeaderRetryAfter: strconv.Itoa(max(1, int(busy.After.Seconds())))}
	if busy.Own {
		return &Error{Code: CodeTooManyRequests, Headers: after, err: busy,
			Detail: fmt.Sprintf("%d of your requests are being answered already (query.per_user), and none was done in time: ask one after the other", busy.Most)}
	}
	return &Error{Code: CodeUnavailable, Headers: after, Detail: "the database is busy", err: busy}
}

func classifyDatabase(err error) *Error {
	var exception *clickhouse.Exception
	var network net.Error
	switch {
	case errors.As(err, &exception):
		if exception.Code == chNoTable || exception.Code == chNoDatabase { // tests hold that the statements fit the tables
			return &Error{Code: CodeUnavailable, Detail: "the database has no tables yet: the loader makes them", err: err}
		}
	case errors.As(err, &network):
		return &Error{Code: CodeUnavailable, Detail: "the database does not answer", err: err}
	}
	return &Error{Code: CodeInternal, err: err}
}
