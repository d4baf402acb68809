package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"firstline/pipeline/trouble"
)

// Code says what kind of error an answer is: a closed list that clients may switch on.
type Code string

const (
	CodeBadRequest       Code = "bad_request"
	CodeInvalid          Code = "invalid" // parameters or body; errors says which
	CodeUnauthenticated  Code = "unauthenticated"
	CodeWrongCredentials Code = "wrong_credentials"
	CodeTooManyAttempts  Code = "too_many_attempts" // sign-in; Retry-After says when
	CodeForbidden        Code = "forbidden"
	CodeOriginRefused    Code = "origin_refused"
	CodeHostRefused      Code = "host_refused"
	CodeSignature        Code = "signature_refused"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeNotAcceptable    Code = "not_acceptable"
	CodeTooLarge         Code = "too_large"
	CodeQueryTooLarge    Code = "query_too_large" // it needs more than a limit allows; detail says which
	CodeUnsupportedMedia Code = "unsupported_media_type"
	CodeRange            Code = "range_refused" // of a recording's audio: it lies behind the end
	CodeTooManyStreams   Code = "too_many_streams"
	CodeNotConfigured    Code = "not_configured"
	CodeUnavailable      Code = "unavailable" // a part behind the API doesn't answer; try again
	CodeTimeout          Code = "timeout"
	CodeSlowRequest      Code = "slow_request"
	CodeInternal         Code = "internal"
	CodeTooManyRequests  Code = "too_many_requests" // Retry-After says when
	CodeNameTaken        Code = "name_taken"
	CodeConfigured       Code = "configured" // it stands in firstline.yaml and is changed there

	// Signing in at the identity provider.
	CodeSignInOver      Code = "sign_in_over"
	CodeProviderRefused Code = "provider_refused"
	CodeProviderDown    Code = "provider_unavailable"
	CodeNotEntitled     Code = "not_entitled"
	CodeUserDisabled    Code = "user_disabled"
	CodePasswordsOff    Code = "passwords_off"

	// Refusals of the controller, one for each of its closed list.
	CodeUnknownAgent    Code = "unknown_agent"
	CodeUnknownContact  Code = "unknown_contact"
	CodeUnknownIncident Code = "unknown_incident"
	CodeUnknownReason   Code = "unknown_reason"
	CodeUnknownAction   Code = "unknown_action"
	CodeUnknownTarget   Code = "unknown_target"
	CodeNobodyThere     Code = "nobody_there"
	CodeConflict        Code = "conflict"
	CodeNotLoggedIn     Code = "not_logged_in"
	CodeNoTalk          Code = "no_talk"
	CodePhoneBusy       Code = "phone_busy"
	CodeNotWaiting      Code = "not_waiting"
	CodeNotRecorded     Code = "not_recorded"
	CodeNoSeat          Code = "no_seat"
	CodeUnknownSeat     Code = "unknown_seat"
	CodeSeatTaken       Code = "seat_taken"
	CodeFixedPhone      Code = "fixed_phone"
	CodeNotNow          Code = "not_now"
)

// codes lists every code, for tests and documentation.
func codes() []Code {
	return []Code{
		CodeBadRequest, CodeInvalid, CodeUnauthenticated, CodeWrongCredentials, CodeTooManyAttempts, CodeForbidden,
		CodeOriginRefused, CodeHostRefused, CodeSignature, CodeNotFound, CodeMethodNotAllowed, CodeNotAcceptable,
		CodeTooLarge, CodeQueryTooLarge, CodeUnsupportedMedia, CodeRange, CodeTooManyStreams, CodeNotConfigured, CodeUnavailable, CodeTimeout, CodeSlowRequest, CodeInternal, CodeTooManyRequests, CodeNameTaken, CodeConfigured,
		CodeSignInOver, CodeProviderRefused, CodeProviderDown, CodeNotEntitled, CodeUserDisabled, CodePasswordsOff,
		CodeUnknownAgent, CodeUnknownContact, CodeUnknownIncident, CodeUnknownReason, CodeUnknownAction, CodeUnknownTarget, CodeNobodyThere,
		CodeConflict, CodeNotLoggedIn, CodeNoTalk, CodePhoneBusy, CodeNotWaiting, CodeNotRecorded, CodeNotNow,
		CodeNoSeat, CodeUnknownSeat, CodeSeatTaken, CodeFixedPhone,
	}
}

// Schema lists the codes in the OpenAPI document.
func (Code) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, c := range codes() {
		s.Enum = append(s.Enum, string(c))
	}
	s.PrecomputeMessages()
	return s
}

// kind is how a code is answered and logged.
type kind struct {
	status int
	title  string
	level  slog.Level
}

// kindOf is the one place where a code becomes a status and a log level. The counter's label is the code itself.
func kindOf(code Code) kind {
	switch code {
	case CodeBadRequest:
		return kind{http.StatusBadRequest, "The request can't be read", slog.LevelDebug}
	case CodeInvalid:
		return kind{http.StatusUnprocessableEntity, "The request is not valid", slog.LevelDebug}
	case CodeUnauthenticated:
		return kind{http.StatusUnauthorized, "Sign in first", slog.LevelDebug}
	case CodeWrongCredentials:
		return kind{http.StatusUnauthorized, "Name or password is wrong", slog.LevelWarn}
	case CodeTooManyAttempts:
		return kind{http.StatusTooManyRequests, "Too many attempts, wait", slog.LevelWarn}
	case CodeForbidden:
		return kind{http.StatusForbidden, "This role or key may not do that", slog.LevelInfo}
	case CodeOriginRefused:
		return kind{http.StatusForbidden, "The request comes from another site", slog.LevelWarn}
	case CodeHostRefused:
		return kind{http.StatusMisdirectedRequest, "This host name is not served here", slog.LevelWarn}
	case CodeSignature:
		return kind{http.StatusUnauthorized, "The signature is missing or wrong", slog.LevelWarn}
	case CodeNotFound:
		return kind{http.StatusNotFound, "Not found", slog.LevelDebug}
	case CodeMethodNotAllowed:
		return kind{http.StatusMethodNotAllowed, "This method is not allowed here", slog.LevelDebug}
	case CodeNotAcceptable:
		return kind{http.StatusNotAcceptable, "This form of answer is not offered", slog.LevelDebug}
	case CodeTooLarge:
		return kind{http.StatusRequestEntityTooLarge, "The request is too large", slog.LevelInfo}
	case CodeQueryTooLarge:
		return kind{http.StatusUnprocessableEntity, "The question asks for too much", slog.LevelInfo}
	case CodeUnsupportedMedia:
		return kind{http.StatusUnsupportedMediaType, "This content type is not read here", slog.LevelDebug}
	case CodeRange:
		return kind{http.StatusRequestedRangeNotSatisfiable, "The file has no such part", slog.LevelDebug}
	case CodeTooManyStreams:
		return kind{http.StatusTooManyRequests, "Too many live streams", slog.LevelWarn}
	case CodeNotConfigured:
		return kind{http.StatusServiceUnavailable, "This is not set up", slog.LevelWarn}
	case CodeUnavailable:
		return kind{http.StatusServiceUnavailable, "A part behind the API doesn't answer", slog.LevelWarn}
	case CodeTimeout:
		return kind{http.StatusGatewayTimeout, "The answer took too long", slog.LevelWarn}
	case CodeSlowRequest: // also on a connection that a browser opened ahead and never used: 408 is what makes it try again
		return kind{http.StatusRequestTimeout, "The request did not arrive in time", slog.LevelDebug}
	case CodeUnknownAgent:
		return kind{http.StatusNotFound, "There is no such agent", slog.LevelInfo}
	case CodeUnknownContact:
		return kind{http.StatusNotFound, "There is no such contact", slog.LevelInfo}
	case CodeUnknownIncident:
		return kind{http.StatusNotFound, "There is no such incident", slog.LevelInfo}
	case CodeUnknownReason:
		return kind{http.StatusUnprocessableEntity, "There is no such reason or code", slog.LevelInfo}
	case CodeUnknownAction:
		return kind{http.StatusUnprocessableEntity, "There is no such action", slog.LevelInfo}
	case CodeUnknownTarget:
		return kind{http.StatusNotFound, "There is nobody of that name to hand a caller on to", slog.LevelInfo}
	case CodeNobodyThere:
		return kind{http.StatusConflict, "Nobody can be waited for there now", slog.LevelInfo}
	case CodeConflict:
		return kind{http.StatusConflict, "The agent is in another state", slog.LevelInfo}
	case CodeNotLoggedIn:
		return kind{http.StatusConflict, "The agent is not logged in", slog.LevelInfo}
	case CodeNoTalk:
		return kind{http.StatusConflict, "Nobody talks to this contact", slog.LevelInfo}
	case CodePhoneBusy:
		return kind{http.StatusConflict, "The supervisor's phone rings or is in a call", slog.LevelInfo}
	case CodeNotWaiting:
		return kind{http.StatusConflict, "This contact does not wait in a queue", slog.LevelInfo}
	case CodeNotRecorded:
		return kind{http.StatusConflict, "The talk is not recorded on request", slog.LevelInfo}
	case CodeNoSeat:
		return kind{http.StatusConflict, "The agent has no phone of his own and sits nowhere", slog.LevelInfo}
	case CodeUnknownSeat:
		return kind{http.StatusNotFound, "There is no such seat", slog.LevelInfo}
	case CodeSeatTaken:
		return kind{http.StatusConflict, "An agent who sits there is busy", slog.LevelInfo}
	case CodeFixedPhone:
		return kind{http.StatusConflict, "The agent has a phone of his own", slog.LevelInfo}
	case CodeNotNow:
		return kind{http.StatusConflict, "This can't be done as things stand now", slog.LevelInfo}
	case CodeTooManyRequests:
		return kind{http.StatusTooManyRequests, "Too many requests, wait", slog.LevelInfo}
	case CodeNameTaken:
		return kind{http.StatusConflict, "The name is taken", slog.LevelInfo}
	case CodeConfigured:
		return kind{http.StatusConflict, "This stands in the configuration", slog.LevelInfo}
	case CodeSignInOver:
		return kind{http.StatusBadRequest, "No sign-in is under way in this browser, or it took too long", slog.LevelInfo}
	case CodeProviderRefused:
		return kind{http.StatusUnauthorized, "The identity provider proved nobody", slog.LevelWarn}
	case CodeProviderDown:
		return kind{http.StatusServiceUnavailable, "The identity provider does not answer", slog.LevelWarn}
	case CodeNotEntitled:
		return kind{http.StatusForbidden, "No group of this user gives access", slog.LevelWarn}
	case CodeUserDisabled:
		return kind{http.StatusForbidden, "This user is disabled", slog.LevelWarn}
	case CodePasswordsOff:
		return kind{http.StatusForbidden, "Nobody signs in with a password here", slog.LevelInfo}
	case CodeInternal:
	}
	return kind{http.StatusInternalServerError, "Internal error", slog.LevelError}
}

// Error is an error with a code. Detail and Fields are shown to the client; the wrapped error only to the log.
type Error struct {
	Code    Code
	Detail  string
	Fields  []Field
	Headers map[string]string
	err     error
	told    bool // it stands in the log already
}

// Field is one mistake in a request.
type Field struct {
	Location string `json:"location" doc:"Where: query.from, body.action" example:"query.from"`
	Message  string `json:"message" doc:"What is wrong"`
}

func (e *Error) Error() string {
	if e.err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.err)
	}
	return string(e.Code) + ": " + e.Detail
}

func (e *Error) Unwrap() error { return e.err }

// fail makes an Error. err may be nil; it is logged and never shown.
func fail(code Code, detail string, err error) *Error {
	return &Error{Code: code, Detail: detail, err: err}
}

// invalid is a CodeInvalid about one parameter.
func invalid(location, message string) *Error {
	return &Error{Code: CodeInvalid, Detail: location + " " + message, Fields: []Field{{location, message}}}
}

// Problem is the body of every error: RFC 9457, with the code as an extension.
type Problem struct {
	Type     string  `json:"type" doc:"urn:firstline:problem:<code>" example:"urn:firstline:problem:not_found"`
	Title    string  `json:"title" doc:"What kind of error, for people"`
	Status   int     `json:"status" doc:"HTTP status" example:"404"`
	Code     Code    `json:"code" doc:"What kind of error, for programs: a closed list" example:"not_found"`
	Detail   string  `json:"detail,omitempty" doc:"What was wrong this time"`
	Instance string  `json:"instance" doc:"This request: also in the header X-Request-Id and in the log"`
	Errors   []Field `json:"errors,omitempty" doc:"The single mistakes of an invalid request"`
}

const problemType = "application/problem+json"

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

// Error, GetStatus and ContentType are what huma asks of an error that it shall write.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

func (p *Problem) GetStatus() int { return p.Status }

func (p *Problem) ContentType(string) string { return problemType }

// report turns any error into the problem that the client sees, logs it and counts it: once for each request.
func (a *API) report(c *fiber.Ctx, err error) *Problem {
	return a.reportOf(c, err, nil)
}

// reportOf is report for a route whose requests come again and again by themselves, from every open page: what is not
// available is told sparsely.
func (a *API) reportOf(c *fiber.Ctx, err error, t *trouble.Trouble) *Problem {
	e := classify(err)
	k := kindOf(e.Code)
	id := requestID(c)
	a.m.problems.WithLabelValues(string(e.Code)).Inc()
	if r := of(c.UserContext()); r != nil {
		r.code = e.Code
	}
	ctx := c.UserContext()
	told := []any{"error", err}
	if t != nil && e.Code == CodeUnavailable {
		told = t.Failed(err)
	}
	if told != nil && !e.told && a.log.Enabled(ctx, k.level) {
		a.log.Log(ctx, k.level, "request failed", append(told, "code", string(e.Code), "status", k.status, "method", c.Method(),
			"path", c.Path(), "request", id)...)
	}
	for name, value := range e.Headers {
		c.Set(name, value)
	}
	return &Problem{
		Type: "urn:firstline:problem:" + string(e.Code), Title: k.title, Status: k.status, Code: e.Code,
		Detail: e.Detail, Instance: "urn:firstline:request:" + id, Errors: e.Fields,
	}
}

// classify finds the code of an error. What it doesn't know is internal, and its text stays in the log.
func classify(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var model *huma.ErrorModel
	if errors.As(err, &model) {
		return fromModel(model)
	}
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return &Error{Code: codeOfStatus(fe.Code), err: err}
	}
	return classifyBackend(err)
}

// fromModel translates huma's own refusals: validation, content type, size. Values are left out: one might be a PIN.
func fromModel(model *huma.ErrorModel) *Error {
	e := &Error{Code: codeOfStatus(model.Status), Detail: model.Detail, err: model}
	if e.Code == CodeInternal {
		e.Detail = ""
		return e
	}
	for _, d := range model.Errors {
		e.Fields = append(e.Fields, Field{Location: d.Location, Message: d.Message})
	}
	slices.SortStableFunc(e.Fields, func(a, b Field) int { return strings.Compare(a.Location, b.Location) })
	if len(e.Fields) > 0 {
		e.Detail = strings.TrimSpace(e.Fields[0].Location + " " + e.Fields[0].Message)
	}
	return e
}

func codeOfStatus(status int) Code {
	switch status {
	case http.StatusBadRequest:
		return CodeBadRequest
	case http.StatusUnauthorized:
		return CodeUnauthenticated
	case http.StatusForbidden:
		return CodeForbidden
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusMethodNotAllowed:
		return CodeMethodNotAllowed
	case http.StatusNotAcceptable:
		return CodeNotAcceptable
	case http.StatusRequestEntityTooLarge, http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestURITooLong:
		return CodeTooLarge
	case http.StatusUnsupportedMediaType:
		return CodeUnsupportedMedia
	case http.StatusUnprocessableEntity:
		return CodeInvalid
	case http.StatusRequestTimeout:
		return CodeSlowRequest
	default:
		return CodeInternal
	}
}

// onError is Fiber's error handler: unknown paths and methods, panics, and what plain routes return.
func (a *API) onError(c *fiber.Ctx, err error) error {
	p := a.report(c, err)
	if err := c.Status(p.Status).JSON(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, problemType)
	return nil
}
