package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"firstline/pipeline/trouble"
)

// Prefix of every route of the API.
const Prefix = "/api/v1"

// route is one line of the table below.
type route struct {
	id      string // operation id: unique, stable, part of the public contract
	method  string
	path    string // below Prefix
	roles   roles
	keys    scopes // of which an API key needs one
	reach   reach  // what it answers who is limited to some queues or teams
	status  int    // of success
	tag     string
	summary string
	table   bool // also offered as CSV, JSON Lines and a workbook
}

func (r route) access() access { return access{r.roles, r.keys, r.reach} }

// build makes the Fiber app: what every request passes, then the routes, then the pages.
func (a *API) build() {
	a.app = fiber.New(fiber.Config{
		AppName:                 "firstline",
		Immutable:               true, // else strings of a request change after its handler
		DisableStartupMessage:   true,
		UnescapePath:            true,
		BodyLimit:               bodyLimit,
		ReadBufferSize:          headerLimit,
		ReadTimeout:             a.cfg.QueryTimeout,
		WriteTimeout:            2 * a.cfg.QueryTimeout, // live streams set their own as they go
		IdleTimeout:             2 * a.cfg.QueryTimeout,
		ErrorHandler:            a.onError,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          a.cfg.TrustedProxies,
		ProxyHeader:             "X-Real-IP",
		EnableIPValidation:      true,
	})
	a.app.Use(a.begin, a.securityHeaders)
	a.app.Get("/healthz", a.healthz)
	a.app.Get("/readyz", a.readyz)
	a.app.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{})))
	a.app.Post(Prefix+"/tickets/events", a.guardHost, a.limitRequests(), a.ticketWebhook) // a program's, proven by its signature
	a.app.Use("/api", a.guardHost, a.guardOrigin, a.authenticate, a.limitRequests(), a.tag, formByName)
	a.rest()
	a.app.Get(Prefix+"/live/wallboard", allow("live-wallboard", access{overseers, readMetrics, narrowed}, a.liveWallboard))
	a.app.Get(Prefix+"/live/agent", allow("live-agent", access{agents, noKey, own}, a.liveAgent))
	a.app.Get(Prefix+"/contacts/:id/recordings/:n/audio", allow(actionAudio, access{supervisors | admins, hear, narrowed}, a.recordingAudio))
	a.app.Get(Prefix+"/openapi.json", a.openapi)
	a.app.Get(Prefix+providerPath, allow(actionBeginAtProvider, access{anyone, noKey, own}, a.beginAtProvider))
	a.app.Get(Prefix+callbackPath, allow(actionFromProvider, access{anyone, noKey, own}, a.fromProvider))
	a.app.Post(Prefix+endedPath, allow(actionEndedThere, access{anyone, noKey, own}, a.endedThere))
	if a.cfg.Demo {
		a.app.Get("/demo/tickets/:id", a.demoTicket)
	}
	a.app.Use(a.servePages)
}

// rest is the table of the routes with a JSON schema.
func (a *API) rest() {
	a.huma = humafiber.New(a.app, a.humaConfig())

	add(a, route{actionSignIn, http.MethodPost, "/session", anyone, noKey, own, 200, "session", "Sign in", false}, a.signIn)
	add(a, route{"who-am-i", http.MethodGet, "/session", signedIn, anyKey, own, 200, "session", "Who is signed in", false}, a.whoAmI)
	add(a, route{"sign-out", http.MethodDelete, "/session", signedIn, noKey, own, 200, "session", "Sign out", false}, a.signOut)
	add(a, route{"get-sign-in", http.MethodGet, "/sign-in", anyone, noKey, own, 200, "session", "How one can sign in", false}, a.signInWays)

	add(a, route{"sign-out-everywhere", http.MethodDelete, "/sessions", signedIn, noKey, own, 200, "session", "End all one's sessions", false}, a.signOutEverywhere)
	add(a, route{"change-password", http.MethodPut, "/session/password", signedIn, noKey, own, 200, "session", "Change one's own password", false}, a.ownPassword)

	add(a, route{"list-queues", http.MethodGet, "/queues", signedIn, anyKey, narrowed, 200, "settings", "Queues", false}, a.queues)
	add(a, route{"list-agents", http.MethodGet, "/agents", signedIn, anyKey, narrowed, 200, "settings", "Agents", false}, a.agents)
	add(a, route{"list-seats", http.MethodGet, "/seats", signedIn, anyKey, narrowed, 200, "settings", "Seats, and who sits there", false}, a.seats)
	add(a, route{"get-settings", http.MethodGet, "/settings", signedIn, anyKey, narrowed, 200, "settings", "Lists to choose from", false}, a.settings)

	add(a, route{"control-agent", http.MethodPost, "/agents/{id}/state", operators, controlAgents, narrowed, 200, "agents", "Change an agent's state", false}, a.controlAgent)
	add(a, route{"act-on-call", http.MethodPost, "/agents/{id}/call", operators, controlAgents, narrowed, 200, "agents", "Hand the agent's caller on, ask somebody, hold, record", false}, a.actOnCall)
	add(a, route{"list-targets", http.MethodGet, "/agents/{id}/targets", operators, controlAgents, narrowed, 200, "agents", "To whom the agent can hand a caller on", false}, a.targets)
	add(a, route{"see-pop", http.MethodPost, "/agents/{id}/pops", agents, noKey, own, 204, "agents", "Tell that a screen pop was shown or opened", false}, a.seePop)

	add(a, route{"list-incidents", http.MethodGet, "/incidents", overseers, readMetrics | controlCalls, common, 200, "incidents", "What can be told to callers, and what is", false}, a.incidents)
	add(a, route{"switch-incident", http.MethodPut, "/incidents/{id}", supervisors | admins, controlCalls, whole, 204, "incidents", "Begin or end telling callers of an incident", false}, a.switchIncident)

	add(a, route{"get-wallboard", http.MethodGet, "/wallboard", overseers, readMetrics, narrowed, 200, "metrics", "Today so far", false}, a.wallboard)
	add(a, route{"get-queue-metrics", http.MethodGet, "/metrics/queues", overseers, readMetrics, narrowed, 200, "metrics", "Queue metrics", true}, a.queueMetrics)
	add(a, route{"explain-queue-metrics", http.MethodGet, "/metrics/queues/explain", overseers, readContacts, narrowed, 200, "metrics", "What is behind a number of the queue metrics", true}, a.explainQueues)
	add(a, route{"get-agent-metrics", http.MethodGet, "/metrics/agents", signedIn, readMetrics, narrowed, 200, "metrics", "Agent metrics", true}, a.agentMetrics)
	add(a, route{"explain-agent-metrics", http.MethodGet, "/metrics/agents/explain", signedIn, readContacts, narrowed, 200, "metrics", "What is behind a number of the agent metrics", true}, a.explainAgents)
	add(a, route{"get-contact-metrics", http.MethodGet, "/metrics/contacts", overseers, readMetrics, narrowed, 200, "metrics", "Contact metrics", true}, a.contactMetrics)
	add(a, route{"explain-contact-metrics", http.MethodGet, "/metrics/contacts/explain", overseers, readContacts, narrowed, 200, "metrics", "What is behind a number of the contact metrics", true}, a.explainContacts)
	add(a, route{"get-ivr-metrics", http.MethodGet, "/metrics/ivr", overseers, readMetrics, narrowed, 200, "metrics", "Menu metrics", true}, a.ivrMetrics)
	add(a, route{"explain-menu-metrics", http.MethodGet, "/metrics/ivr/explain", overseers, readContacts, narrowed, 200, "metrics", "What is behind a number of the menu metrics", true}, a.explainMenus)
	add(a, route{"get-ticket-metrics", http.MethodGet, "/metrics/tickets", overseers, readMetrics, narrowed, 200, "metrics", "Ticket metrics", true}, a.ticketMetrics)
	add(a, route{"explain-ticket-metrics", http.MethodGet, "/metrics/tickets/explain", overseers, readContacts, narrowed, 200, "metrics", "What is behind a number of the ticket metrics", true}, a.explainTickets)
	add(a, route{"get-staffing", http.MethodGet, "/metrics/staffing", overseers, readMetrics, narrowed, 200, "metrics", "Forecast of the agents needed", true}, a.staffing)
	add(a, route{"get-backlog-metrics", http.MethodGet, "/metrics/backlog", overseers, readMetrics, narrowed, 200, "metrics", "Tickets opened and resolved, and what is left", true}, a.backlogMetrics)
	add(a, route{"explain-backlog-metrics", http.MethodGet, "/metrics/backlog/explain", overseers, readContacts, narrowed, 200, "metrics", "What is behind a number of the backlog metrics", true}, a.explainBacklog)
	add(a, route{"get-data-quality", http.MethodGet, "/data-quality", supervisors | admins, readMetrics, undivided, 200, "metrics", "What is wrong with the recorded data", true}, a.quality)

	add(a, route{"list-contacts", http.MethodGet, "/contacts", signedIn, readContacts, narrowed, 200, "contacts", "Search contacts", true}, a.contacts)
	add(a, route{"get-contact", http.MethodGet, "/contacts/{id}", signedIn, readContacts, narrowed, 200, "contacts", "One contact and its timeline", false}, a.contact)
	add(a, route{"monitor", http.MethodPost, "/contacts/{id}/monitor", supervisors | admins, controlCalls, narrowed, 200, "contacts", "Listen to a talk, whisper, barge in, take the caller over", false}, a.monitor)
	add(a, route{"prioritise", http.MethodPost, "/contacts/{id}/priority", supervisors | admins, controlCalls, narrowed, 204, "contacts", "Change a waiting caller's priority", false}, a.prioritise)
	add(a, route{"move", http.MethodPost, "/contacts/{id}/move", supervisors | admins, controlCalls, narrowed, 204, "contacts", "Take a waiting caller out of his queue to another one, an agent or a menu", false}, a.move)
	add(a, route{"list-recordings", http.MethodGet, "/contacts/{id}/recordings", supervisors | admins, hear, narrowed, 200, "contacts", "What was recorded of a contact", false}, a.recordingsOf)
	add(a, route{"list-abandoned", http.MethodGet, "/abandoned", overseers, readContacts, narrowed, 200, "contacts", "Callers who gave up", true}, a.abandoned)
	add(a, route{"list-voicemails", http.MethodGet, "/voicemails", supervisors | admins, hear, narrowed, 200, "contacts", "Messages that callers left", true}, a.voicemails)
	add(a, route{"mark-voicemail", http.MethodPut, "/voicemails/{id}/{n}/done", supervisors | admins, controlCalls, narrowed, 204, "contacts", "Mark a message as dealt with", false}, a.markVoicemail)
	add(a, route{"unmark-voicemail", http.MethodDelete, "/voicemails/{id}/{n}/done", supervisors | admins, controlCalls, narrowed, 204, "contacts", "Take that mark back", false}, a.unmarkVoicemail)

	add(a, route{"list-callbacks", http.MethodGet, "/callbacks", supervisors | admins, readContacts, narrowed, 200, "contacts", "Callers who are called back", true}, a.callbacks)
	add(a, route{"cancel-callback", http.MethodDelete, "/callbacks/{id}", supervisors | admins, controlCalls, narrowed, 204, "contacts", "Cancel a callback", false}, a.cancelCallback)

	add(a, route{"list-audit", http.MethodGet, "/audit", admins, administer, whole, 200, "access", "Who did what", true}, a.auditLog)
	add(a, route{"export-audit", http.MethodGet, "/exports/audit", admins, administer, whole, 200, exportTag, "Who did what, all of it", false}, a.exportAudit)
	add(a, route{"list-users", http.MethodGet, "/users", admins, administer, whole, 200, "access", "Users", false}, a.users)
	add(a, route{"make-user", http.MethodPost, "/users", admins, administer, whole, 201, "access", "Make a user", false}, a.makeUser)
	add(a, route{"change-user", http.MethodPut, "/users/{name}", admins, administer, whole, 200, "access", "Change a user's rights, disable him", false}, a.changeUser)
	add(a, route{"set-password", http.MethodPut, "/users/{name}/password", admins, administer, whole, 204, "access", "Give a user another password", false}, a.setPassword)
	add(a, route{"release-user", http.MethodDelete, "/users/{name}/provider", admins, administer, whole, 204, "access", "Forget who a user is at the identity provider", false}, a.releaseUser)

	a.addErasures()
	add(a, route{"list-keys", http.MethodGet, "/keys", admins, administer, whole, 200, "access", "API keys", false}, a.keys)
	add(a, route{"make-key", http.MethodPost, "/keys", admins, administer, whole, 201, "access", "Make an API key", false}, a.makeKey)
	add(a, route{"revoke-key", http.MethodDelete, "/keys/{id}", admins, administer, whole, 204, "access", "Revoke an API key", false}, a.revokeKey)

	add(a, route{"export-contacts", http.MethodGet, "/exports/contacts", signedIn, readContacts, narrowed, 200, exportTag, "A whole search for contacts", false}, a.exportContacts)
	add(a, route{"export-abandoned", http.MethodGet, "/exports/abandoned", overseers, readContacts, narrowed, 200, exportTag, "All callers who gave up", false}, a.exportAbandoned)
	add(a, route{"export-voicemails", http.MethodGet, "/exports/voicemails", supervisors | admins, hear, narrowed, 200, exportTag, "All messages that callers left", false}, a.exportVoicemails)
	add(a, route{"export-callbacks", http.MethodGet, "/exports/callbacks", supervisors | admins, readContacts, narrowed, 200, exportTag, "All callbacks", false}, a.exportCallbacks)
	add(a, route{"export-tickets", http.MethodGet, "/exports/tickets", signedIn, readContacts, narrowed, 200, exportTag, "All tickets", false}, a.exportTickets)
	add(a, route{"list-tickets", http.MethodGet, "/tickets", signedIn, readContacts, narrowed, 200, "tickets", "Tickets, and how they stand", true}, a.ticketList)
	add(a, route{"get-ticket", http.MethodGet, "/tickets/{system}/{id}", signedIn, readContacts, narrowed, 200, "tickets", "One ticket and what was told of it", false}, a.ticket)

	add(a, route{"list-reports", http.MethodGet, "/reports", overseers, readMetrics | writeReports, narrowed, 200, "reports", "Saved reports", false}, a.savedReports)
	add(a, route{"make-report", http.MethodPost, "/reports", supervisors | admins, writeReports, narrowed, 201, "reports", "Save a report", false}, a.makeReport)
	add(a, route{"get-report", http.MethodGet, "/reports/{id}", overseers, readMetrics | writeReports, narrowed, 200, "reports", "A saved report and its last runs", false}, a.savedReport)
	add(a, route{"change-report", http.MethodPut, "/reports/{id}", supervisors | admins, writeReports, narrowed, 200, "reports", "Change a saved report", false}, a.changeReport)
	add(a, route{"delete-report", http.MethodDelete, "/reports/{id}", supervisors | admins, writeReports, narrowed, 204, "reports", "Delete a saved report", false}, a.deleteReport)
	add(a, route{"run-report", http.MethodPost, "/reports/{id}/run", supervisors | admins, writeReports, narrowed, 202, "reports", "Run a saved report now and send it", false}, a.runReport)

	add(a, route{"list-alerts", http.MethodGet, "/alerts", overseers, readMetrics | writeReports, narrowed, 200, "alerts", "How each rule stands in each queue, and what fires", false}, a.alerts)
	add(a, route{"list-alert-rules", http.MethodGet, "/alerts/rules", overseers, readMetrics | writeReports, narrowed, 200, "alerts", "Alert rules", false}, a.alertRules)
	add(a, route{"make-alert-rule", http.MethodPost, "/alerts/rules", supervisors | admins, writeReports, narrowed, 201, "alerts", "Make an alert rule", false}, a.makeAlertRule)
	add(a, route{"change-alert-rule", http.MethodPut, "/alerts/rules/{id}", supervisors | admins, writeReports, narrowed, 200, "alerts", "Change an alert rule", false}, a.changeAlertRule)
	add(a, route{"delete-alert-rule", http.MethodDelete, "/alerts/rules/{id}", supervisors | admins, writeReports, narrowed, 204, "alerts", "Delete an alert rule", false}, a.deleteAlertRule)
	add(a, route{"list-silences", http.MethodGet, "/alerts/silences", overseers, readMetrics | writeReports, narrowed, 200, "alerts", "Rules that are silenced", false}, a.silences)
	add(a, route{"make-silence", http.MethodPost, "/alerts/silences", supervisors | admins, writeReports, narrowed, 201, "alerts", "Silence a rule for a time", false}, a.makeSilence)
	add(a, route{"end-silence", http.MethodDelete, "/alerts/silences/{id}", supervisors | admins, writeReports, narrowed, 204, "alerts", "End a silence", false}, a.endSilence)

	a.document()
}

// add registers one route: rights first, then the handler, and every error by way of report.
func add[I, O any](a *API, r route, handle func(ctx context.Context, who principal, in *I) (*O, error)) {
	op := a.operation(r)
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		of(ctx.Context()).action = r.id
		form := formOf(ctx.Header("Accept"))
		err := admit(ctx.Context(), r, form)
		if err == nil {
			next(negotiated{ctx, string(form)})
			return
		}
		a.writeProblem(ctx, a.report(humafiber.Unwrap(ctx), err))
	}}
	behind := trouble.New(0) // with what stands behind the route
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, of(ctx).who, in)
		if err != nil {
			return nil, a.reportOf(of(ctx).c, err, behind)
		}
		if told := behind.Over(); told != nil {
			a.log.Info("requests are answered again", append(told, "path", Prefix+r.path)...)
		}
		return out, nil
	})
}

// admit is what comes before a request is even read: the role or scope, and whether the wanted form of answer is offered.
func admit(ctx context.Context, r route, form form) error {
	if _, err := authorize(ctx, r.access()); err != nil {
		return err
	}
	if form != formJSON && !r.table && r.tag != exportTag {
		return fail(CodeNotAcceptable, "this is offered as application/json only", nil)
	}
	return nil
}

// negotiated hands the form on to huma, whose own reading of Accept misses the last weight.
type negotiated struct {
	humaContext
	form string
}

// humaContext is huma's under another name: embedded under its own it would hide its method Context.
type humaContext huma.Context

func (n negotiated) Unwrap() huma.Context { return n.humaContext }

func (n negotiated) Header(name string) string {
	if name == fiber.HeaderAccept {
		return n.form
	}
	return n.humaContext.Header(name)
}

func (a *API) writeProblem(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", problemType)
	ctx.SetStatus(p.Status)
	if err := huma.DefaultJSONFormat.Marshal(ctx.BodyWriter(), p); err != nil {
		a.log.Error("problem not written", "error", err)
	}
}
