package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
)

// humaConfig is the frame of the OpenAPI document and the forms of answers.
func (a *API) humaConfig() huma.Config {
	config := huma.DefaultConfig("Firstline", "1")
	config.Info.Description = "First-line support on Asterisk: live state, metrics, agents, tickets. Windows are half-open, " +
		"[from, until), in RFC 3339; durations are milliseconds; null means that a number can't be computed. See docs/api.md."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // the document is served by openapi
	config.CreateHooks = nil                                             // no $schema fields in answers
	config.RejectUnknownQueryParameters = true
	config.Formats = formats()
	config.Transformers = []huma.Transformer{a.transform}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session":   {Type: "apiKey", In: "cookie", Name: a.cookieName(), Description: "POST /api/v1/session sets it."},
		"key":       {Type: "http", Scheme: "bearer", Description: "An API key, made by POST /api/v1/keys."},
		"signature": {Type: "apiKey", In: "header", Name: "Firstline-Signature", Description: "t=<unix seconds>,v1=<hex HMAC-SHA256 of \"<t>.<body>\">"},
	}
	config.Tags = []*huma.Tag{
		{Name: "session", Description: "Signing in and out"}, {Name: "live", Description: "The state of now, as server-sent events"},
		{Name: "agents", Description: "Acting as or for an agent"}, {Name: "metrics", Description: "Figures over a window"},
		{Name: "contacts", Description: "Single contacts"}, {Name: exportTag, Description: "Whole lists as files"}, {Name: "settings", Description: "What is configured"},
		{Name: "access", Description: "Who may do what"},
		{Name: "tickets", Description: "What ticket systems tell"},
		{Name: "reports", Description: "Saved reports, and when they are sent"}, {Name: "alerts", Description: "Rules of alerts, and what fires now"},
	}
	return config
}

// transform is the last thing before an answer is written: huma's own refusals become problems, tables say what form they have.
func (a *API) transform(ctx huma.Context, _ string, v any) (any, error) {
	if model, ok := v.(*huma.ErrorModel); ok {
		ctx.SetHeader("Content-Type", problemType)
		return a.report(humafiber.Unwrap(ctx), model), nil
	}
	if _, ok := v.(table); ok {
		ctx.SetHeader("Vary", "Accept")
		if f := form(ctx.Header("Accept")); f != formJSON {
			ctx.SetHeader("Content-Type", f.contentType())
			if fresh, ok := freshnessOf(v); ok {
				ctx.SetHeader(freshnessHeader, fresh)
			}
		}
	}
	return v, nil
}

// operation is the OpenAPI side of a route.
func (a *API) operation(r route) huma.Operation {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: Prefix + r.path, Summary: r.summary, DefaultStatus: r.status,
		Tags: []string{r.tag}, Description: strings.TrimSpace(r.roles.describe() + " " + r.describeKeys()), MaxBodyBytes: bodyLimit,
		Responses: map[string]*huma.Response{"default": a.problemResponse()},
	}
	if r.roles != anyone {
		op.Security = []map[string][]string{{"session": {}}}
	}
	if r.keys != noKey {
		op.Security = append(op.Security, map[string][]string{"key": {}})
	}
	if r.tag == exportTag {
		op.Responses["200"] = &huma.Response{Description: "The file, sent while it is read; a workbook when all of it was read", Content: tableContent()}
	}
	if r.table {
		content := tableContent()
		content[string(formJSON)] = &huma.MediaType{} // huma fills in its schema
		op.Responses["200"] = &huma.Response{Description: "OK", Content: content}
		op.Parameters = append(op.Parameters, formatParam())
	}
	return op
}

// tableContent are the forms of a table.
func tableContent() map[string]*huma.MediaType {
	rows := "The rows; columns are the fields' names, those of nested objects joined by a dot"
	return map[string]*huma.MediaType{
		string(formCSV):   {Schema: &huma.Schema{Type: huma.TypeString, Description: rows}},
		string(formLines): {Schema: &huma.Schema{Type: huma.TypeString, Description: "The rows as JSON, one a line"}},
		string(formSheet): {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: rows}},
	}
}

// formatParam is read before huma sees the request.
func formatParam() *huma.Param {
	return &huma.Param{Name: "format", In: "query", Description: "The same as Accept, for links: the rows as a file",
		Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"csv", "jsonl", "xlsx"}}}
}

// describeKeys is for the OpenAPI document; open routes need no key.
func (r route) describeKeys() string {
	if r.roles == anyone {
		return ""
	}
	if r.reach.refusal() != "" {
		return r.keys.describe() + " Not for who is limited to queues or teams."
	}
	return r.keys.describe()
}

// problemResponse is the one form of every error.
func (a *API) problemResponse() *huma.Response {
	schema := a.schema(reflect.TypeFor[Problem]())
	return &huma.Response{Description: "Any error", Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

func (a *API) schema(t reflect.Type) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// document describes the plain Fiber routes, which huma doesn't see.
func (a *API) document() {
	a.documentStreams()
	audio := a.operation(route{id: actionAudio, method: http.MethodGet, path: "/contacts/{id}/recordings/{n}/audio", roles: supervisors | admins, keys: hear, reach: narrowed,
		status: http.StatusOK, tag: "contacts", summary: "Hear a recording"})
	audio.Description += " WAV, 16-bit PCM, 8,000 samples a second, two channels: left is what the caller said, right what he heard. Each request is logged with the user's name."
	text := &huma.Schema{Type: huma.TypeString}
	audio.Parameters = []*huma.Param{
		{Name: "id", In: "path", Required: true, Description: "Contact id", Schema: text},
		{Name: "n", In: "path", Required: true, Description: "Number of the recording", Schema: text, Example: "r1"},
		{Name: "Range", In: "header", Description: "A part of the file, in bytes; a single one", Schema: text, Example: "bytes=44-32043"},
	}
	sound := map[string]*huma.MediaType{audioType: {}}
	audio.Responses["200"] = &huma.Response{Description: "OK", Content: sound}
	audio.Responses["206"] = &huma.Response{Description: "The part that was asked for", Content: sound}
	a.huma.OpenAPI().AddOperation(&audio)
	op := a.operation(route{id: actionTicketEvent, method: http.MethodPost, path: "/tickets/events", keys: writeTickets, status: http.StatusAccepted,
		tag: "tickets", summary: "Take one event of the ticket system"})
	op.Description = "Signed with the shared secret, or with an API key with the scope tickets.write; answered once the event is on disk. Plain JSON, or a CloudEvent whose data it is."
	op.Security = []map[string][]string{{"signature": {}}, {"key": {}}}
	body := a.schema(reflect.TypeFor[TicketEvent]())
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: body},
		cloudEventsType:    {Schema: a.schema(reflect.TypeFor[CloudEvent]())},
	}}
	op.Responses["202"] = &huma.Response{Description: "Accepted", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.schema(reflect.TypeFor[Accepted]())}}}
	a.huma.OpenAPI().AddOperation(&op)
	a.documentProvider()
	a.showExamples()
	schemas := a.huma.OpenAPI().Components.Schemas
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own form of errors
		delete(schemas.Map(), unused)
	}
	for name, s := range schemas.Map() {
		allowNull(s, schemas.TypeFromRef("#/components/schemas/"+name))
	}
	nameLists(schemas)
	schemas.Map()["TimelineFact"].Properties["data"].Type = huma.TypeObject // raw, of which huma knows nothing
}

// allowNull says of objects behind a pointer that they may be null, which huma says of plain values only. A field that is left out instead is
// none.
func allowNull(s *huma.Schema, t reflect.Type) {
	if t == nil || deref(t).Kind() != reflect.Struct {
		return
	}
	for f := range deref(t).Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			allowNull(s, f.Type)
			continue
		}
		p := s.Properties[name]
		if p != nil && p.Type == huma.TypeArray && strings.Contains(options, "omitempty") {
			p.Nullable = false // left out instead
		}
		if p == nil || p.Ref == "" || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omitempty") {
			continue
		}
		s.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
	}
}

// openapi serves the document; it is written once and never changes.
func (a *API) openapi(c *fiber.Ctx) error {
	b, err := a.Document()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/openapi+json")
	return c.Send(b)
}

// Document is the OpenAPI 3.1 document of the API, indented.
func (a *API) Document() ([]byte, error) {
	b, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write openapi document: %w", err)
	}
	return append(b, '\n'), nil
}
