package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"firstline/analytics/alert"
	"firstline/analytics/registry"
)

// Alerts is the part of State that keeps alert rules and how they stand.
type Alerts interface {
	MakeAlertRule(ctx context.Context, v registry.AlertRule) error
	ChangeAlertRule(ctx context.Context, v registry.AlertRule) error
	DeleteAlertRule(ctx context.Context, id string) error
	AlertRules(ctx context.Context) ([]registry.AlertRule, error)
	AlertStates(ctx context.Context) ([]registry.AlertState, error)
	NoteAlertStates(ctx context.Context, lease, holder string, now time.Time, states, gone []registry.AlertState) error
	MakeSilence(ctx context.Context, s registry.Silence) error
	EndSilence(ctx context.Context, id string) error
	Silences(ctx context.Context, now time.Time) ([]registry.Silence, error)
	Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
}

// AlertRuleBody is what an alert rule says. docs/alerts.md says what each kind needs. Times are at most a year.
type AlertRuleBody struct {
	Name   string     `json:"name" minLength:"1" maxLength:"200" doc:"What it is called, also in messages" example:"Support: service level"`
	Kind   alert.Kind `json:"kind" enum:"service_level,longest_wait,nobody_ready,ticket_sla,deviation" doc:"What it looks at"`
	Queues []string   `json:"queues" required:"false" maxItems:"1000" nullable:"false" doc:"Ids of the queues it looks at, each by itself; empty = all, which who is limited may not"`

	Variant     alert.Variant   `json:"variant,omitempty" required:"false" enum:"answered,offered,offered_less_short,resolved_within" doc:"Of service_level: which one; offered without it"`
	ThresholdMS int64           `json:"threshold_ms,omitempty" required:"false" minimum:"0" maximum:"31622400000" doc:"Of service_level: T in place of each queue's own"`
	WindowMS    int64           `json:"window_ms,omitempty" required:"false" minimum:"0" maximum:"31622400000" doc:"Of service_level: over how much time up to now; 1800000 without it"`
	Below       float64         `json:"below_percent,omitempty" required:"false" doc:"Of service_level: bad below so many percent" example:"80"`
	AboveMS     int64           `json:"above_ms,omitempty" required:"false" minimum:"0" maximum:"31622400000" doc:"Of longest_wait: bad when somebody waits longer"`
	While       string          `json:"while,omitempty" required:"false" enum:"waiting,open" doc:"Of nobody_ready: while anybody waits, or in the hours of schedule; waiting without it"`
	Schedule    string          `json:"schedule,omitempty" required:"false" maxLength:"200" doc:"Of nobody_ready while open: id of a schedule of the configuration"`
	Stage       string          `json:"stage,omitempty" required:"false" enum:"warning,breached" doc:"Of ticket_sla: tickets that are about to breach a target or have, or only the latter; warning without it"`
	Tickets     int             `json:"tickets,omitempty" required:"false" minimum:"0" doc:"Of ticket_sla: bad when so many tickets stand so; 1 without it"`
	Number      alert.Number    `json:"number,omitempty" required:"false" enum:"offered,abandonment,speed_of_answer,handle_time" doc:"Of deviation: which number of an hour"`
	Direction   alert.Direction `json:"direction,omitempty" required:"false" enum:"above,below,either" doc:"Of deviation: to which side it counts; either without it"`
	Weeks       int             `json:"weeks,omitempty" required:"false" minimum:"0" maximum:"26" doc:"Of deviation: how many earlier weeks are looked at; 6 without it"`
	Factor      float64         `json:"factor,omitempty" required:"false" doc:"Of deviation: bad beyond this modified z-score; 3.5 without it"`
	Least       float64         `json:"least,omitempty" required:"false" doc:"Of deviation: a smaller difference is never bad: in calls, percent, seconds; 5, of times 10 without it"`
	Zone        string          `json:"tz,omitempty" required:"false" maxLength:"64" doc:"Of deviation: IANA zone of the hours; UTC without it" example:"Europe/Berlin"`

	MinCalls   int     `json:"min_calls,omitempty" required:"false" minimum:"0" doc:"Of service_level and deviation: fewer calls are not judged; 5 without it"`
	Margin     float64 `json:"clear_percent,omitempty" required:"false" doc:"It ends only when the number is better than the limit by so many percent of it"`
	ForMS      int64   `json:"for_ms,omitempty" required:"false" minimum:"0" maximum:"31622400000" doc:"How long the number must be bad before it fires"`
	ClearForMS *int64  `json:"clear_for_ms" required:"false" nullable:"true" minimum:"0" maximum:"31622400000" doc:"How long it must be good before the alert ends; null = 60000"`
	RepeatMS   *int64  `json:"repeat_ms" required:"false" nullable:"true" minimum:"0" maximum:"31622400000" doc:"A firing alert is told again after it, 0 = never; null = 14400000"`

	Mail    []string `json:"mail" required:"false" maxItems:"50" nullable:"false" doc:"Addresses that are told"`
	Webhook string   `json:"webhook" required:"false" maxLength:"2000" doc:"URL that is told, signed"`
	Off     bool     `json:"off" required:"false" doc:"It is kept, and not looked at"`
}

// AlertRule is a rule as it is listed.
type AlertRule struct {
	ID         string `json:"id" doc:"file. and its id = of the configuration" example:"3f9c2a10b7d4e6f8"`
	Configured bool   `json:"configured" doc:"It stands in alerts.rules of the configuration, and is changed there"`
	AlertRuleBody
	MadeAt    *time.Time `json:"made_at" doc:"null = configured"`
	MadeBy    string     `json:"made_by" doc:"Empty = configured" example:"sue"`
	ChangedAt *time.Time `json:"changed_at" doc:"null = configured"`
	ChangedBy string     `json:"changed_by" example:"sue"`
}

// ofFile begins the ids of rules of the configuration.
const ofFile = "file."

// rule is the body as the rules are judged by.
func (b AlertRuleBody) rule(id string) alert.Rule {
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	r := alert.DefaultRule()
	r.ID, r.Name, r.Kind, r.Queues, r.Variant, r.Below, r.While, r.Schedule = id, b.Name, b.Kind, b.Queues, b.Variant, b.Below, b.While, b.Schedule
	r.Threshold, r.Window, r.Above, r.For = ms(b.ThresholdMS), ms(b.WindowMS), ms(b.AboveMS), ms(b.ForMS)
	r.Number, r.Direction, r.Weeks, r.Factor, r.Least, r.Zone = b.Number, b.Direction, b.Weeks, b.Factor, b.Least, b.Zone
	r.Stage, r.Tickets = b.Stage, b.Tickets
	r.MinCalls, r.Margin, r.Mail, r.Webhook, r.Off = b.MinCalls, b.Margin, b.Mail, b.Webhook, b.Off
	if b.ClearForMS != nil {
		r.ClearFor = ms(*b.ClearForMS)
	}
	if b.RepeatMS != nil {
		r.Repeat = ms(*b.RepeatMS)
	}
	return r.Complete()
}

// bodyOfRule is the other way, with all that holds.
func bodyOfRule(r alert.Rule) AlertRuleBody {
	clearFor, repeat := r.ClearFor.Milliseconds(), r.Repeat.Milliseconds()
	return AlertRuleBody{
		Name: r.Title(), Kind: r.Kind, Queues: list(r.Queues), Variant: r.Variant, ThresholdMS: r.Threshold.Milliseconds(), WindowMS: r.Window.Milliseconds(), Below: r.Below,
		AboveMS: r.Above.Milliseconds(), While: r.While, Schedule: r.Schedule, Stage: r.Stage, Tickets: r.Tickets, Number: r.Number, Direction: r.Direction, Weeks: r.Weeks, Factor: r.Factor, Least: r.Least,
		Zone: r.Zone, MinCalls: r.MinCalls, Margin: r.Margin, ForMS: r.For.Milliseconds(), ClearForMS: &clearFor, RepeatMS: &repeat, Mail: list(r.Mail), Webhook: r.Webhook, Off: r.Off,
	}
}

// ruleAndView are a rule as it is judged and as it is listed.
type ruleAndView struct {
	rule alert.Rule
	view AlertRule
}

// allRules are those of the configuration and those that were made.
func (a *API) allRules(ctx context.Context) ([]ruleAndView, error) {
	var out []ruleAndView
	for _, r := range a.site().Alerts.Rules {
		r.ID = ofFile + r.ID
		view := AlertRule{ID: r.ID, Configured: true, AlertRuleBody: bodyOfRule(r)}
		view.Name = strings.TrimPrefix(view.Name, ofFile)
		r.Name = view.Name
		out = append(out, ruleAndView{r, view})
	}
	made, err := a.state.AlertRules(ctx)
	if err != nil {
		return nil, fail(CodeUnavailable, "alert rules can't be read", err)
	}
	for _, m := range made {
		var b AlertRuleBody
		if err := json.Unmarshal([]byte(m.Body), &b); err != nil {
			return nil, err
		}
		r := b.rule(m.ID)
		out = append(out, ruleAndView{r, AlertRule{
			ID: m.ID, AlertRuleBody: bodyOfRule(r), MadeAt: sometime(m.Made), MadeBy: m.MadeBy, ChangedAt: sometime(m.Changed), ChangedBy: m.ChangedBy,
		}})
	}
	return out, nil
}

// mayRule says whether a rule is somebody's to see and change: who is limited has those that look at nothing but queues of his.
func (r rights) mayRule(queues []string) bool {
	return !r.limited || len(queues) > 0 && !slices.ContainsFunc(queues, func(q string) bool { return !r.queue(q) })
}

type alertRulesOutput struct {
	Body struct {
		Rules []AlertRule `json:"rules" nullable:"false" doc:"Those of the configuration first, then by when they were made"`
	}
}

// alertRules lists the rules.
func (a *API) alertRules(ctx context.Context, who principal, _ *noInput) (*alertRulesOutput, error) {
	all, err := a.allRules(ctx)
	if err != nil {
		return nil, err
	}
	out := &alertRulesOutput{}
	out.Body.Rules = []AlertRule{}
	for _, r := range all {
		if who.rights.mayRule(r.rule.Queues) {
			out.Body.Rules = append(out.Body.Rules, r.view)
		}
	}
	return out, nil
}

// checked is a body that makes a rule; else the first mistake.
func (a *API) checked(who principal, b AlertRuleBody) error {
	if !who.rights.mayRule(b.Queues) {
		return invalid("body.queues", "names not only queues that this user or key is limited to")
	}
	if strings.TrimSpace(b.Name) == "" {
		return invalid("body.name", "is empty")
	}
	r := b.rule("")
	if problems := append(r.ValidateMS(), a.site().unknownTo(r)...); len(problems) > 0 {
		return invalid("body."+problems[0].Path, problems[0].Message)
	}
	return a.reachable("body", b.Mail, b.Webhook)
}

type makeAlertRuleInput struct{ Body AlertRuleBody }

type alertRuleOutput struct{ Body AlertRule }

// makeAlertRule makes a rule. It belongs to its queues: it goes on when who made it has left.
func (a *API) makeAlertRule(ctx context.Context, who principal, in *makeAlertRuleInput) (*alertRuleOutput, error) {
	if err := a.checked(who, in.Body); err != nil {
		return nil, err
	}
	id, err := registry.NewID()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	now := a.clock().UTC().Truncate(time.Second)
	m := registry.AlertRule{ID: id, Body: string(text), Made: now, MadeBy: who.Name, Changed: now, ChangedBy: who.Name}
	if err := a.state.MakeAlertRule(ctx, m); err != nil {
		return nil, fail(CodeUnavailable, "alert rules can't be written", err)
	}
	a.log.Info("alert rule is made", "user", who.Name, "rule", id, "name", in.Body.Name)
	return &alertRuleOutput{AlertRule{ID: id, AlertRuleBody: bodyOfRule(in.Body.rule(id)), MadeAt: &now, MadeBy: who.Name, ChangedAt: &now, ChangedBy: who.Name}}, nil
}

// RuleID names a rule in a path.
type RuleID struct {
	ID string `path:"id" maxLength:"200" doc:"Id of an alert rule" example:"3f9c2a10b7d4e6f8"`
}

// ruleOf is a rule that somebody may see; with made, one that is not of the configuration.
func (a *API) ruleOf(ctx context.Context, who principal, id string, made bool) (ruleAndView, error) {
	all, err := a.allRules(ctx)
	if err != nil {
		return ruleAndView{}, err
	}
	i := slices.IndexFunc(all, func(r ruleAndView) bool { return r.rule.ID == id && who.rights.mayRule(r.rule.Queues) })
	switch {
	case i < 0:
		return ruleAndView{}, fail(CodeNotFound, "there is no such rule", nil)
	case made && all[i].view.Configured:
		return ruleAndView{}, fail(CodeConfigured, "change alerts.rules of firstline.yaml, and reload", nil)
	}
	return all[i], nil
}

type changeAlertRuleInput struct {
	RuleID
	Body AlertRuleBody
}

// changeAlertRule puts another body in the place of a rule's. How it stands stays: the next look is by the new one.
func (a *API) changeAlertRule(ctx context.Context, who principal, in *changeAlertRuleInput) (*alertRuleOutput, error) {
	old, err := a.ruleOf(ctx, who, in.ID, true)
	if err != nil {
		return nil, err
	}
	if err := a.checked(who, in.Body); err != nil {
		return nil, err
	}
	text, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	now := a.clock().UTC().Truncate(time.Second)
	if err := ruleWritten(a.state.ChangeAlertRule(ctx, registry.AlertRule{ID: in.ID, Body: string(text), Changed: now, ChangedBy: who.Name})); err != nil {
		return nil, err
	}
	a.log.Info("alert rule is changed", "user", who.Name, "rule", in.ID, "name", in.Body.Name)
	old.view.AlertRuleBody, old.view.ChangedAt, old.view.ChangedBy = bodyOfRule(in.Body.rule(in.ID)), &now, who.Name
	return &alertRuleOutput{old.view}, nil
}

func ruleWritten(err error) error {
	switch {
	case errors.Is(err, registry.ErrNone):
		return fail(CodeNotFound, "there is no such rule", nil)
	case err != nil:
		return fail(CodeUnavailable, "alert rules can't be written", err)
	}
	return nil
}

// deleteAlertRule deletes a rule. Of an alert of it that fires nobody hears any more.
func (a *API) deleteAlertRule(ctx context.Context, who principal, in *RuleID) (*struct{}, error) {
	if _, err := a.ruleOf(ctx, who, in.ID, true); err != nil {
		return nil, err
	}
	if err := ruleWritten(a.state.DeleteAlertRule(ctx, in.ID)); err != nil {
		return nil, err
	}
	a.log.Info("alert rule is deleted", "user", who.Name, "rule", in.ID)
	return nil, nil
}

// Alert is how a rule stands in a queue.
type Alert struct {
	Rule     string      `json:"rule" doc:"Id of the rule"`
	Name     string      `json:"name" doc:"Name of the rule"`
	Kind     alert.Kind  `json:"kind" enum:"service_level,longest_wait,nobody_ready,ticket_sla,deviation"`
	Queue    string      `json:"queue" example:"support"`
	Phase    alert.Phase `json:"phase" enum:"ok,pending,firing,idle,no_data" doc:"no_data: it can't be known; idle: there is nothing to judge"`
	Since    time.Time   `json:"since" doc:"Since when it stands so"`
	LookedAt time.Time   `json:"looked_at" doc:"When it was looked at last"`
	Value    *float64    `json:"value" doc:"The number then: percent, seconds, agents, or as the rule's number; null = there was none"`
	Limit    float64     `json:"limit" doc:"What it was compared with; of deviation the modified z-score"`
	Why      string      `json:"why" doc:"The same in words" example:"longest wait 3m10s, limit 2m"`
	Silenced *time.Time  `json:"silenced_until" doc:"null = it is not"`
	Link     string      `json:"link" doc:"The report or page that shows more"`
}

// AlertsQuery says which are meant.
type AlertsQuery struct {
	Phase string   `query:"phase" enum:"ok,pending,firing,idle,no_data" doc:"Only those that stand so"`
	Queue []string `query:"queue" nullable:"false" doc:"Only these queues"`
}

type alertsOutput struct {
	Body struct {
		AsOf   time.Time `json:"as_of"`
		Alerts []Alert   `json:"alerts" nullable:"false" doc:"What fires first, then by rule and queue"`
	}
}

// alerts lists how the rules stand. What nobody has looked at for long is not known.
func (a *API) alerts(ctx context.Context, who principal, in *AlertsQuery) (*alertsOutput, error) {
	now := a.clock().UTC()
	all, err := a.standings(ctx, now)
	if err != nil {
		return nil, err
	}
	out := &alertsOutput{}
	out.Body.AsOf, out.Body.Alerts = now, []Alert{}
	for _, s := range all {
		if s.rule.Kind == "" { // the rule was deleted since the last look
			continue
		}
		v := a.viewOfAlert(s, now)
		wanted := (in.Phase == "" || in.Phase == string(v.Phase)) && (len(in.Queue) == 0 || slices.Contains(in.Queue, v.Queue))
		if wanted && who.rights.queue(v.Queue) {
			out.Body.Alerts = append(out.Body.Alerts, v)
		}
	}
	slices.SortStableFunc(out.Body.Alerts, func(x, y Alert) int {
		fires := func(v Alert) int { return map[bool]int{true: 0, false: 1}[v.Phase == alert.Firing] }
		return cmp.Or(fires(x)-fires(y), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Queue, y.Queue))
	})
	return out, nil
}

func (a *API) viewOfAlert(s standing, now time.Time) Alert {
	v := Alert{
		Rule: s.rule.ID, Name: s.rule.Title(), Kind: s.rule.Kind, Queue: s.queue, Phase: s.state.Phase, Since: s.state.Since, LookedAt: s.state.Seen,
		Value: s.state.Value, Limit: s.state.Limit, Why: s.state.Why, Silenced: sometime(s.silenced), Link: a.linkOf(s),
	}
	if now.Sub(s.state.Seen) > alert.Gap {
		v.Phase, v.Since, v.Why = alert.NoData, s.state.Seen, "the rules are not looked at"
	}
	return v
}

// linkOf is where more is shown: the wallboard for what is now, the report for figures.
func (a *API) linkOf(s standing) string {
	base := strings.TrimSuffix(a.cfg.PublicURL, "/")
	window := func(from, until time.Time, zone string) string {
		return fmt.Sprintf("%s%s/metrics/queues?from=%s&until=%s&tz=%s&queue=%s", base, Prefix, from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339), zone, url.QueryEscape(s.queue))
	}
	switch s.rule.Kind {
	case alert.ServiceLevel:
		return window(s.state.Seen.Add(-s.rule.Window), s.state.Seen, "UTC")
	case alert.Deviation:
		zone, err := time.LoadLocation(s.rule.Zone)
		if err != nil {
			return base
		}
		hour, _ := alert.LastHour(s.state.Seen, settledAfter(s.rule.Number), zone, 0)
		return window(hour, hour.Add(time.Hour), s.rule.Zone)
	case alert.TicketSLA:
		return base + Prefix + "/tickets?queue=" + url.QueryEscape(s.queue)
	case alert.LongestWait, alert.NobodyReady:
	}
	return base + "/wallboard"
}

// Silence keeps a rule from being told of until a time.
type Silence struct {
	ID     string    `json:"id" example:"9b1f0c2ad3e47586"`
	Rule   string    `json:"rule" doc:"Id of the rule"`
	Queue  string    `json:"queue" doc:"Only there; empty = in all its queues"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason" example:"the switch is moved"`
	MadeAt time.Time `json:"made_at"`
	MadeBy string    `json:"made_by" example:"sue"`
}

func viewOfSilence(s registry.Silence) Silence {
	return Silence{ID: s.ID, Rule: s.Rule, Queue: s.Queue, Until: s.Ends, Reason: s.Reason, MadeAt: s.Made, MadeBy: s.MadeBy}
}

type silencesOutput struct {
	Body struct {
		Silences []Silence `json:"silences" nullable:"false" doc:"Those that have not ended, the newest first"`
	}
}

// silences lists the silences of rules and queues that may be seen.
func (a *API) silences(ctx context.Context, who principal, _ *noInput) (*silencesOutput, error) {
	all, err := a.state.Silences(ctx, a.clock())
	if err != nil {
		return nil, fail(CodeUnavailable, "silences can't be read", err)
	}
	out := &silencesOutput{}
	out.Body.Silences = []Silence{}
	for _, s := range all {
		if a.maySilence(ctx, who, s.Rule, s.Queue) == nil {
			out.Body.Silences = append(out.Body.Silences, viewOfSilence(s))
		}
	}
	return out, nil
}

// maySilence says why somebody may not silence a rule in a queue, or see that it is. Who is limited may in his queues, whatever others
// the rule looks at.
func (a *API) maySilence(ctx context.Context, who principal, rule, queue string) error {
	all, err := a.allRules(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r ruleAndView) bool { return r.rule.ID == rule })
	if i < 0 {
		return invalid("body.rule", "is no rule")
	}
	queues := all[i].rule.Queues
	switch {
	case queue != "" && (!who.rights.queue(queue) || len(queues) > 0 && !slices.Contains(queues, queue)):
		return invalid("body.queue", "is none of the rule's")
	case queue == "" && !who.rights.mayRule(queues):
		return invalid("body.queue", "is empty, which concerns queues of others")
	case queue != "" && len(queues) == 0 && !slices.ContainsFunc(a.site().Queues, func(q QueueConfig) bool { return q.ID == queue }):
		return invalid("body.queue", "is none of the rule's")
	}
	return nil
}

// longestSilence keeps a silence from being one for ever.
const longestSilence = 31 * 24 * time.Hour

type makeSilenceInput struct {
	Body struct {
		Rule   string    `json:"rule" minLength:"1" maxLength:"200" doc:"Id of a rule, also of the configuration"`
		Queue  string    `json:"queue" required:"false" maxLength:"200" doc:"Only there; empty = in all its queues"`
		Until  time.Time `json:"until" doc:"At most 31 days from now"`
		Reason string    `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the others" example:"the switch is moved"`
	}
}

type silenceOutput struct{ Body Silence }

// makeSilence silences a rule for a time: it is looked at as before, and nobody is told.
func (a *API) makeSilence(ctx context.Context, who principal, in *makeSilenceInput) (*silenceOutput, error) {
	now := a.clock().UTC().Truncate(time.Second)
	if err := a.maySilence(ctx, who, in.Body.Rule, in.Body.Queue); err != nil {
		return nil, err
	}
	if until := in.Body.Until; !until.After(now) || until.Sub(now) > longestSilence {
		return nil, invalid("body.until", "is not in the next 31 days")
	}
	id, err := registry.NewID()
	if err != nil {
		return nil, err
	}
	s := registry.Silence{ID: id, Rule: in.Body.Rule, Queue: in.Body.Queue, Ends: in.Body.Until.UTC().Truncate(time.Second), Reason: in.Body.Reason, Made: now, MadeBy: who.Name}
	if err := a.state.MakeSilence(ctx, s); err != nil {
		return nil, fail(CodeUnavailable, "silences can't be written", err)
	}
	a.log.Info("alert rule is silenced", "user", who.Name, "rule", s.Rule, "queue", s.Queue, "until", s.Ends, "reason", s.Reason)
	return &silenceOutput{viewOfSilence(s)}, nil
}

type silenceInput struct {
	ID string `path:"id" maxLength:"40" doc:"Id of a silence" example:"9b1f0c2ad3e47586"`
}

// endSilence ends a silence before its time.
func (a *API) endSilence(ctx context.Context, who principal, in *silenceInput) (*struct{}, error) {
	all, err := a.state.Silences(ctx, a.clock())
	if err != nil {
		return nil, fail(CodeUnavailable, "silences can't be read", err)
	}
	i := slices.IndexFunc(all, func(s registry.Silence) bool {
		return s.ID == in.ID && a.maySilence(ctx, who, s.Rule, s.Queue) == nil
	})
	if i < 0 {
		return nil, fail(CodeNotFound, "there is no such silence", nil)
	}
	if err := a.state.EndSilence(ctx, in.ID); err != nil && !errors.Is(err, registry.ErrNone) {
		return nil, fail(CodeUnavailable, "silences can't be written", err)
	}
	a.log.Info("silence is ended", "user", who.Name, "rule", all[i].Rule, "queue", all[i].Queue)
	return nil, nil
}
