package chdb

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Codes of ClickHouse that this package raises itself or turns into an HTTP status.
const (
	codeBadArguments         = 36
	codeUnknownFormat        = 73
	codeNotImplemented       = 48
	codeLogicalError         = 49
	codeUnknownType          = 50
	codeSyntaxError          = 62
	codeCannotReadData       = 33
	codeUnknownSetting       = 115
	codeTimeout              = 159
	codeReadonly             = 164
	codeTooManyQueries       = 202
	codeNetworkError         = 210
	codeCannotAllocate       = 241
	codeQueryTooLarge        = 223
	codeCancelled            = 394
	codeAuthenticationFailed = 516
)

// codeNames are the words ClickHouse puts in brackets behind a message.
func codeName(code int) string {
	switch code {
	case codeBadArguments:
		return "BAD_ARGUMENTS"
	case codeUnknownFormat:
		return "UNKNOWN_FORMAT"
	case codeNotImplemented:
		return "NOT_IMPLEMENTED"
	case codeUnknownType:
		return "UNKNOWN_TYPE"
	case codeSyntaxError:
		return "SYNTAX_ERROR"
	case codeCannotReadData:
		return "CANNOT_READ_ALL_DATA"
	case codeUnknownSetting:
		return "UNKNOWN_SETTING"
	case codeTimeout:
		return "TIMEOUT_EXCEEDED"
	case codeReadonly:
		return "READONLY"
	case codeTooManyQueries:
		return "TOO_MANY_SIMULTANEOUS_QUERIES"
	case codeNetworkError:
		return "NETWORK_ERROR"
	case codeQueryTooLarge:
		return "QUERY_IS_TOO_LARGE"
	case codeCancelled:
		return "QUERY_WAS_CANCELLED"
	case codeAuthenticationFailed:
		return "AUTHENTICATION_FAILED"
	default:
		return "LOGICAL_ERROR"
	}
}

// Exception is an error as ClickHouse reports it.
type Exception struct {
	Code int    // ClickHouse's number
	Text string // "Code: 60. DB::Exception: … (UNKNOWN_TABLE)", without the version
}

func (e *Exception) Error() string { return e.Text }

// exception makes one of this package's own.
func exception(code int, format string, args ...any) *Exception {
	return &Exception{Code: code,
		Text: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), codeName(code))}
}

var engineCode = regexp.MustCompile(`^Code: (\d+)\.`)

// engineError turns the engine's text into an *Exception; "" is nil.
func engineError(text string) error {
	if text == "" {
		return nil
	}
	text = strings.TrimRight(text, "\n")
	if i := strings.LastIndex(text, " (version "); i > 0 && strings.HasSuffix(text, ")") {
		text = text[:i]
	}
	if m := engineCode.FindStringSubmatch(text); m != nil {
		code, err := strconv.Atoi(m[1])
		if err == nil && code > 0 {
			return &Exception{Code: code, Text: text}
		}
	}
	return exception(codeLogicalError, "%s", strings.TrimSuffix(text, "."))
}

// asException gives any error a code.
func asException(err error) *Exception {
	var e *Exception
	if errors.As(err, &e) {
		return e
	}
	return exception(codeNetworkError, "%s", err)
}

// status is the HTTP status of a failed query, as ClickHouse chooses it.
func (e *Exception) status() int {
	switch e.Code {
	case codeAuthenticationFailed, 192, 193, 497: // unknown user, wrong password, access denied
		return http.StatusForbidden
	case 27, 38, 41, 53, 69, 72, codeSyntaxError, codeBadArguments, codeUnknownSetting, 117, 130, 131, codeCannotReadData,
		6, 26, 43, 42, 386, 456, 457: // cannot parse …, type mismatch, illegal type, wrong number of arguments, no common type, parameters
		return http.StatusBadRequest
	case 46, 47, codeUnknownType, 60, 63, codeUnknownFormat, 78, 81, 16: // unknown function, identifier, type, table, …, database, column
		return http.StatusNotFound
	case codeTimeout:
		return http.StatusRequestTimeout
	case codeQueryTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeNotImplemented:
		return http.StatusNotImplemented
	default:
		return http.StatusInternalServerError
	}
}

// framed is the block by which a failure is told after the answer has begun; clickhouse-go finds it by its marker.
func (e *Exception) framed(tag, version string) string {
	message := e.full(version)
	return fmt.Sprintf("\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, message, len(message)+1, tag)
}

func (e *Exception) full(version string) string { return e.Text + " (version " + version + ")" }
