package api

import (
	"context"
	"errors"
	"net"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/query"
	"firstline/pipeline/controllerclient"
)

// ClickHouse's codes for a statement that ran into its limits, or came before the tables were made.
const (
	chNoTable    = 60  // UNKNOWN_TABLE
	chNoDatabase = 81  // UNKNOWN_DATABASE
	chTimeout    = 159 // TIMEOUT_EXCEEDED
	chTooSlow    = 160 // TOO_SLOW
	chTooLarge   = 396 // TOO_MANY_ROWS_OR_BYTES
	chMemory     = 241 // MEMORY_LIMIT_EXCEEDED
)

// classifyBackend finds the code of what the parts behind the API answer.
func classifyBackend(err error) *Error {
	var refused *controllerclient.RefusedError
	var request *query.Invalid
	switch {
	case errors.As(err, &refused):
		return &Error{Code: codeOfRefusal(refused.Refusal), err: err}
	case errors.As(err, &request):
		return invalidRequest(request)
	case errors.Is(err, query.ErrNotFound):
		return &Error{Code: CodeNotFound, err: err}
	case errors.Is(err, controllerclient.ErrOver):
		return &Error{Code: CodeNotFound, Detail: "the offer is over", err: err}
	case errors.Is(err, controllerclient.ErrNotReady):
		return &Error{Code: CodeUnavailable, Detail: "the controller is not ready", err: err}
	case errors.Is(err, controllerclient.ErrUnreachable):
		return &Error{Code: CodeUnavailable, Detail: "the controller does not answer", err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: CodeTimeout, err: err}
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

func classifyDatabase(err error) *Error {
	var exception *clickhouse.Exception
	var network net.Error
	switch {
	case errors.As(err, &exception):
		switch exception.Code {
		case chTimeout, chTooSlow:
			return &Error{Code: CodeTimeout, Detail: "choose a shorter window", err: err}
		case chNoTable, chNoDatabase: // tests hold that the statements fit the tables
			return &Error{Code: CodeUnavailable, Detail: "the database has no tables yet: the loader makes them", err: err}
		case chTooLarge, chMemory:
			return &Error{Code: CodeTooLarge, Detail: "choose a shorter window or a longer interval", err: err}
		}
	case errors.As(err, &network):
		return &Error{Code: CodeUnavailable, Detail: "the database does not answer", err: err}
	}
	return &Error{Code: CodeInternal, err: err}
}
