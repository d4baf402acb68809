package api

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"firstline/analytics/registry"
)

// Operation ids that the audit log treats in their own way.
const (
	actionSignIn      = "sign-in"
	actionTicketEvent = "ticket-event"
	actionAudio       = "get-recording-audio"
)

// ticketSystem is the actor of what is signed with the shared secret, nobody that of a name that nobody has: it may be a password
// that was typed into the wrong field.
const (
	ticketSystem = "ticket system"
	nobody       = "unknown"
)

// auditPatience bounds the writing of one entry, whatever became of its request.
const auditPatience = 5 * time.Second

// noteRequest writes the audit entry of a request that is about to be answered: of all that changes something, of reads that show
// callers' numbers or let talks be heard, and of what somebody was refused for lack of a right. Requests of strangers who prove nothing
// are counted, not written down: they could fill the disk. When the entry can't be written the request is answered all the same,
// since calls go on; the entry is in the log then, and counted.
func (a *API) noteRequest(c *fiber.Ctx, r *request) {
	reads := r.reads(c.Method())
	if !r.noteworthy(reads) {
		return
	}
	e := registry.Entry{
		Time: a.clock(), Actor: r.actor(), Role: string(r.who.Role), Address: c.IP(), Action: r.action, Object: r.object(c), Result: "ok", Request: r.id, Process: a.process,
	}
	if r.about != "" {
		e.Object = r.about
	}
	if r.code != "" {
		e.Result = string(r.code)
	}
	if reads && a.repeats.repeated(e.Actor+" "+e.Object+" "+e.Result, e.Time) {
		a.m.audit.WithLabelValues("repeated").Inc()
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), auditPatience)
	defer cancel()
	if err := a.state.Record(ctx, e); err != nil {
		a.m.audit.WithLabelValues("lost").Inc()
		a.log.Error("audit entry not written", "error", err, "actor", e.Actor, "address", e.Address, "action", e.Action, "object", e.Object, "result", e.Result, "request", e.Request)
		return
	}
	a.m.audit.WithLabelValues("written").Inc()
}

// reads says whether a request changes nothing. To come back from the identity provider signs somebody in.
func (r *request) reads(method string) bool {
	return (method == fiber.MethodGet || method == fiber.MethodHead) && r.action != actionFromProvider
}

// actor is who is behind a request; "" for a stranger.
func (r *request) actor() string {
	if r.who.Name != "" {
		return r.who.Name
	}
	return r.claims
}

// noteworthy says whether a request belongs into the audit log.
func (r *request) noteworthy(reads bool) bool {
	switch {
	case r.action == "" || r.actor() == "" || r.code == CodeTooManyAttempts: // the last is counted, and could be sent without end
		return false
	case !reads, r.code == CodeForbidden:
		return true
	case r.code != "":
		return false
	}
	switch r.action {
	case "list-contacts", "get-contact", "list-abandoned", "list-callbacks", "export-contacts", "export-abandoned", "export-callbacks":
		return r.who.personal()
	case "list-voicemails", "export-voicemails", "list-recordings", actionAudio, "list-audit", "export-audit":
		return true
	default:
		return false
	}
}

// object is what a request is about: its path below the prefix with its parameters, a number that is searched for masked. The identity
// provider's answer is none of it.
func (r *request) object(c *fiber.Ctx) string {
	u, err := url.Parse(c.OriginalURL())
	if err != nil || r.action == actionFromProvider {
		return strings.TrimPrefix(c.Path(), Prefix)
	}
	q := u.Query()
	for _, number := range q["number"] {
		q.Set("number", mask(number))
	}
	u.RawQuery = q.Encode()
	u.RawPath = "" // one form of each path, however a client escaped it: entries are searched by it
	return strings.TrimPrefix(u.RequestURI(), Prefix)
}

// repeats knows which reads were noted lately: pages ask for their lists again and again, and a player for each part of a recording.
type repeats struct {
	mu   sync.Mutex // guards last
	last map[string]time.Time
}

// A read that is repeated within noteEvery is one entry; mostRepeats are remembered.
const (
	noteEvery   = time.Minute
	mostRepeats = 10_000
)

func (s *repeats) repeated(read string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.last[read]; ok && now.Sub(at) < noteEvery {
		return true
	}
	if len(s.last) >= mostRepeats {
		s.last = map[string]time.Time{} // some reads get an entry more
	}
	s.last[read] = now
	return false
}

// sweepEvery is how often entries that are too old are deleted.
const sweepEvery = time.Hour

// sweepAudit deletes entries that are older than http.audit_keep, until ctx ends.
func (a *API) sweepAudit(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if n, err := a.state.SweepAudit(ctx, a.clock().Add(-a.cfg.AuditKeep)); err != nil && ctx.Err() == nil {
			a.log.Warn("old audit entries not deleted", "error", err)
		} else if n > 0 {
			a.log.Info("old audit entries are deleted", "entries", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	ID      int64     `json:"id" doc:"Rises"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor" doc:"User name, agent id, key/ and the id of a key, ticket system, or unknown: somebody tried to sign in by a name that nobody has" example:"adam"`
	Role    string    `json:"role" doc:"Of the actor then; empty while he was not signed in" example:"admin"`
	Address string    `json:"address" doc:"Whence the request came" example:"10.0.0.7"`
	Action  string    `json:"action" doc:"Operation id of the route" example:"make-key"`
	Object  string    `json:"object" doc:"Path and parameters of the request; of a number that was searched for the last digits" example:"/keys"`
	Result  string    `json:"result" doc:"ok, or the code it was refused with" example:"ok"`
	Request string    `json:"request" doc:"Id of the request, as in the server's log" example:"f70a3a77185dc305"`
	Process string    `json:"process" doc:"API process that answered: its host and port" example:"desk1:8080"`
}

// anyRefusal is the result of an AuditQuery that means every code.
const anyRefusal = "refused"

// AuditQuery says which entries are meant.
type AuditQuery struct {
	From   time.Time `query:"from" required:"true" doc:"Begin of the window, inclusive, RFC 3339" example:"2026-03-02T00:00:00+01:00"`
	Until  time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339" example:"2026-03-03T00:00:00+01:00"`
	Actor  string    `query:"actor" maxLength:"200" doc:"Only entries of this one"`
	Action string    `query:"action" maxLength:"100" doc:"Only entries of this operation"`
	Object string    `query:"object" maxLength:"200" doc:"Only entries about what has this in its path or parameters" example:"/users/sam"`
	Result string    `query:"result" maxLength:"100" doc:"Only entries with this result: ok, a code, or refused for every code"`
}

type (
	auditInput struct {
		AuditQuery
		PageQuery
	}
	auditExport struct {
		AuditQuery
		ExportQuery
	}
)

type auditPage struct {
	Items []AuditEntry `json:"items" nullable:"false" doc:"Entries, newest first"`
	Next  *string      `json:"next" doc:"Cursor of the next page; null on the last one"`
}

func (p auditPage) tableRows() any { return p.Items }
func (p auditPage) next() *string  { return p.Next }

func (a *API) auditLog(ctx context.Context, who principal, in *auditInput) (*listed[auditPage], error) {
	return onePage(ctx, a.auditPage, who, in.AuditQuery, in.PageQuery)
}

func (a *API) exportAudit(ctx context.Context, who principal, in *auditExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "audit", a.auditPage, who, in.AuditQuery, in.Format)
}

// auditPage reads one page of the audit log, newest first.
func (a *API) auditPage(ctx context.Context, _ principal, in AuditQuery, p PageQuery) (auditPage, error) {
	f := registry.AuditFilter{From: in.From, Until: in.Until, Actor: in.Actor, Action: in.Action, Object: in.Object, Result: in.Result, Limit: p.Limit + 1}
	if in.Result == anyRefusal {
		f.Result, f.Refused = "", true
	}
	if p.Cursor != "" {
		before, err := strconv.ParseInt(p.Cursor, 10, 64)
		if err != nil || before < 1 {
			return auditPage{}, invalid("query.cursor", "is not one that was given")
		}
		f.Before = before
	}
	if !in.From.Before(in.Until) {
		return auditPage{}, invalid("query.until", "is not after from; the window is half-open, [from, until)")
	}
	entries, err := a.state.Audit(ctx, f)
	if err != nil {
		return auditPage{}, fail(CodeUnavailable, "the audit log can't be read", err)
	}
	out := auditPage{Items: []AuditEntry{}}
	if len(entries) > p.Limit {
		entries = entries[:p.Limit]
		next := strconv.FormatInt(entries[p.Limit-1].ID, 10)
		out.Next = &next
	}
	for _, e := range entries {
		out.Items = append(out.Items, AuditEntry(e))
	}
	return out, nil
}
