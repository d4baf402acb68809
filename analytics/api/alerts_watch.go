package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"firstline/analytics/alert"
	"firstline/analytics/notify"
	"firstline/analytics/registry"
	"firstline/pipeline/trouble"
)

// Of several API processes the one with the lease looks at the rules and tells of them; the others follow when it is silent.
const (
	alertLease     = "alerts"
	alertLeaseTime = time.Minute
	alertPatience  = 40 * time.Second // with the figures of a look, and with telling: less than the lease
	tellers        = 8                // messages under way at once
)

// standing is how a rule stands in a queue, and what each recipient was told.
type standing struct {
	rule     alert.Rule
	queue    string
	state    alert.State
	told     map[string]alert.Told
	silenced time.Time // until when; zero = it is not
}

// keptState is a standing as it is kept.
type keptState struct {
	State alert.State           `json:"state"`
	Told  map[string]alert.Told `json:"told"`
}

func (s standing) kept() (registry.AlertState, error) {
	text, err := json.Marshal(keptState{s.state, s.told})
	return registry.AlertState{Rule: s.rule.ID, Queue: s.queue, Body: string(text)}, err
}

// watchAlerts looks at the rules at an interval, and after each reload, until ctx ends.
func (a *API) watchAlerts(ctx context.Context) {
	ticker := time.NewTicker(a.site().Alerts.Every)
	defer ticker.Stop()
	behind := trouble.New(startPatience)
	for {
		if err := a.lookAtAlerts(ctx); err != nil && ctx.Err() == nil {
			a.m.alertLooks.WithLabelValues("error").Inc()
			if told := behind.Failed(err); told != nil {
				a.log.Warn("alert rules are not looked at", told...)
			}
		} else if told := behind.Over(); told != nil {
			a.log.Info("alert rules are looked at again", told...)
		}
		select {
		case <-ctx.Done():
			return
		case <-a.watch.reloaded:
			ticker.Reset(a.site().Alerts.Every)
		case <-ticker.C:
		}
	}
}

// lookAtAlerts is one look at all rules: the states are written down before anybody is told, and what was told behind it. A process that
// dies in between tells once more.
func (a *API) lookAtAlerts(ctx context.Context) error {
	now := a.clock().UTC()
	ours, err := a.state.Lease(ctx, alertLease, a.watch.holder, now, now.Add(alertLeaseTime))
	if err != nil {
		return err
	}
	if !ours {
		all, err := a.standings(ctx, now)
		if err != nil {
			return err
		}
		a.show(all, now)
		a.m.alertLooks.WithLabelValues("other").Inc()
		return nil
	}
	all, gone, err := a.looked(ctx, now)
	if err != nil {
		return err
	}
	if err := a.keep(ctx, all, gone); err != nil {
		return err
	}
	a.show(all, now)
	if ours, err = a.state.Lease(ctx, alertLease, a.watch.holder, a.clock(), a.clock().Add(alertLeaseTime)); err != nil || !ours {
		return errors.Join(errLease, err)
	}
	if a.tell(ctx, all, now) {
		if err := a.keep(context.WithoutCancel(ctx), all, nil); err != nil {
			return err
		}
	}
	a.m.alertLooks.WithLabelValues("ok").Inc()
	return nil
}

// looked is how the rules stand now, and the states of those that there are no more.
func (a *API) looked(ctx context.Context, now time.Time) (all []standing, gone []registry.AlertState, err error) {
	before, err := a.standings(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	rules, err := a.allRules(ctx)
	if err != nil {
		return nil, nil, err
	}
	silences, err := a.state.Silences(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	look := a.newLook(now)
	ctx, cancel := context.WithTimeout(ctx, alertPatience) // rules of now don't wait for figures
	defer cancel()
	for _, r := range rules {
		if r.rule.Off {
			continue
		}
		for _, queue := range a.watchedBy(r.rule) {
			s := standing{rule: r.rule, queue: queue}
			if i := slices.IndexFunc(before, s.same); i >= 0 {
				s = before[i]
			}
			s.silenced = silencedUntil(silences, s.rule.ID, queue)
			s.state = alert.Step(s.rule, s.state, look.sample(ctx, s.rule, queue), now)
			all = append(all, s)
		}
	}
	for _, s := range before {
		if !slices.ContainsFunc(all, s.same) {
			gone = append(gone, registry.AlertState{Rule: s.rule.ID, Queue: s.queue})
		}
	}
	return all, gone, nil
}

func (s standing) same(other standing) bool {
	return s.rule.ID == other.rule.ID && s.queue == other.queue
}

// watchedBy are the queues that a rule looks at.
func (a *API) watchedBy(r alert.Rule) []string {
	if len(r.Queues) > 0 {
		return r.Queues
	}
	var out []string
	for _, q := range a.site().Queues {
		out = append(out, q.ID)
	}
	return out
}

func silencedUntil(silences []registry.Silence, rule, queue string) (until time.Time) {
	for _, s := range silences {
		if s.Rule == rule && (s.Queue == "" || s.Queue == queue) && s.Ends.After(until) {
			until = s.Ends
		}
	}
	return until
}

// standings are the rules as they stood at the last look, whoever took it. One that is deleted since has no more than its id.
func (a *API) standings(ctx context.Context, now time.Time) ([]standing, error) {
	kept, err := a.state.AlertStates(ctx)
	if err != nil {
		return nil, fail(CodeUnavailable, "alerts can't be read", err)
	}
	rules, err := a.allRules(ctx)
	if err != nil {
		return nil, err
	}
	silences, err := a.state.Silences(ctx, now)
	if err != nil {
		return nil, fail(CodeUnavailable, "silences can't be read", err)
	}
	out := make([]standing, 0, len(kept))
	for _, k := range kept {
		var body keptState
		if err := json.Unmarshal([]byte(k.Body), &body); err != nil {
			return nil, err
		}
		s := standing{rule: alert.Rule{ID: k.Rule}, queue: k.Queue, state: body.State, told: body.Told, silenced: silencedUntil(silences, k.Rule, k.Queue)}
		i := slices.IndexFunc(rules, func(r ruleAndView) bool { return r.rule.ID == k.Rule })
		if i >= 0 {
			s.rule = rules[i].rule
		}
		out = append(out, s)
	}
	return out, nil
}

// keep writes states down while the lease is ours.
func (a *API) keep(ctx context.Context, all []standing, gone []registry.AlertState) error {
	states := make([]registry.AlertState, len(all))
	for i, s := range all {
		var err error
		if states[i], err = s.kept(); err != nil {
			return err
		}
	}
	err := a.state.NoteAlertStates(ctx, alertLease, a.watch.holder, a.clock(), states, gone)
	if errors.Is(err, registry.ErrNone) {
		return errLease
	}
	return err
}

var errLease = errors.New("the lease ended while the rules were looked at")

// show sets the gauges.
func (a *API) show(all []standing, now time.Time) {
	shown := map[[2]string]bool{}
	for _, s := range all {
		v := 0.0
		switch {
		case now.Sub(s.state.Seen) > alert.Gap, s.state.Phase == alert.NoData:
			v = -1
		case s.state.Phase == alert.Firing:
			v = 1
		}
		key := [2]string{s.rule.ID, s.queue}
		shown[key] = true
		a.m.alert.WithLabelValues(key[:]...).Set(v)
	}
	for key := range a.watch.shown {
		if !shown[key] {
			a.m.alert.DeleteLabelValues(key[:]...)
		}
	}
	a.watch.shown = shown
	a.m.alertLooked.Set(float64(now.Unix()))
}

// word is what one recipient is to be told of a standing.
type word struct {
	of   *standing
	says alert.Word
}

// tell tells each recipient in one message what is due; it says whether anything was.
func (a *API) tell(ctx context.Context, all []standing, now time.Time) bool {
	due := map[string][]word{}
	for i := range all {
		s := &all[i]
		s.forget()
		if !s.silenced.IsZero() {
			continue
		}
		for _, target := range s.rule.Targets() {
			if says, ok := alert.Due(s.rule, s.state, s.told[target], now); ok {
				due[target] = append(due[target], word{s, says})
			}
		}
	}
	results := a.sendWords(ctx, due, now)
	for target, words := range due {
		for _, w := range words {
			w.of.note(target, w.says, results[target], now)
		}
	}
	return len(due) > 0
}

// forget drops what was told to who is no more a recipient.
func (s *standing) forget() {
	targets := s.rule.Targets()
	for target := range s.told {
		if !slices.Contains(targets, target) {
			delete(s.told, target)
		}
	}
}

// note notes what became of telling a recipient.
func (s *standing) note(target string, says alert.Word, err error, now time.Time) {
	if s.told == nil {
		s.told = map[string]alert.Told{}
	}
	told := s.told[target]
	if err != nil && !errors.Is(err, errGivenUp) {
		told.Tries++
		told.After = now.Add(alert.Patience(told.Tries))
		s.told[target] = told
		return
	}
	s.told[target] = told.Heard(says, s.state, now)
}

// errGivenUp says that a message is not tried to be told again.
var errGivenUp = errors.New("given up")

// sendWords sends each recipient his message, some at once.
func (a *API) sendWords(ctx context.Context, due map[string][]word, now time.Time) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, alertPatience)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex // guards results
	results := map[string]error{}
	slots := make(chan struct{}, tellers)
	for target, words := range due {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			err := a.sendWord(ctx, target, words, now)
			mu.Lock()
			defer mu.Unlock()
			results[target] = err
		})
	}
	wg.Wait()
	return results
}

func (a *API) sendWord(ctx context.Context, target string, words []word, now time.Time) error {
	m, err := a.messageOf(target, words, now)
	if err != nil {
		return err
	}
	err = a.notify.Send(ctx, target, m)
	if err == nil {
		a.log.Info("alerts are told", "to", notify.Hidden(target), "alerts", len(words), "subject", m.Subject)
		return nil
	}
	tries := 0
	for _, w := range words {
		tries = max(tries, w.of.told[target].Tries+1)
	}
	if errors.Is(err, notify.ErrPermanent) || tries >= alert.MaxTries {
		a.notify.Drop(target, kindAlerts)
		a.log.Error("alerts can't be told, given up", "to", notify.Hidden(target), "alerts", len(words), "tries", tries, "error", err)
		return errGivenUp
	}
	a.log.Warn("alerts can't be told yet", "to", notify.Hidden(target), "alerts", len(words), "tries", tries, "error", err)
	return err
}

// kindAlerts are alerts among the messages.
const kindAlerts = "alerts"

// AlertsMessage is what a webhook gets of alerts.
type AlertsMessage struct {
	Kind   string         `json:"kind"` // alerts
	ID     string         `json:"id"`   // the same at each try
	At     time.Time      `json:"at"`
	Alerts []AlertMessage `json:"alerts"`
}

// AlertMessage is one of them.
type AlertMessage struct {
	Says  alert.Word `json:"says"` // firing, resolved or no_data
	Rule  string     `json:"rule"`
	Name  string     `json:"name"`
	Kind  alert.Kind `json:"kind"`
	Queue string     `json:"queue"`
	Since time.Time  `json:"since"`
	Value *float64   `json:"value"`
	Limit float64    `json:"limit"`
	Why   string     `json:"why"`
	Link  string     `json:"link"`
}

// messageOf puts what a recipient is to be told into one message.
func (a *API) messageOf(target string, words []word, now time.Time) (notify.Message, error) {
	body := AlertsMessage{Kind: kindAlerts, At: now}
	var text strings.Builder
	identity := sha256.New()
	_, _ = fmt.Fprintln(identity, target)
	for _, w := range words {
		s := w.of
		m := AlertMessage{
			Says: w.says, Rule: s.rule.ID, Name: s.rule.Title(), Kind: s.rule.Kind, Queue: s.queue, Since: s.state.Since, Value: s.state.Value, Limit: s.state.Limit,
			Why: s.state.Why, Link: a.linkOf(*s),
		}
		body.Alerts = append(body.Alerts, m)
		_, _ = fmt.Fprintln(identity, m.Says, m.Rule, m.Queue, m.Since.UnixNano(), s.told[target].At.UnixNano())
		_, _ = fmt.Fprintf(&text, "%s: %s, queue %s\n  %s\n  since %s\n  %s\n\n", spoken(w.says), m.Name, m.Queue, m.Why, m.Since.Format("2006-01-02 15:04:05 MST"), m.Link)
	}
	body.ID = "alerts." + hex.EncodeToString(identity.Sum(nil)[:12])
	first := body.Alerts[0]
	subject := fmt.Sprintf("%s: %s, %s", spoken(first.Says), first.Name, first.Queue)
	if n := len(words) - 1; n > 0 {
		subject += fmt.Sprintf(" (and %d more)", n)
	}
	raw, err := json.Marshal(body)
	return notify.Message{ID: body.ID, Kind: kindAlerts, Subject: subject, Text: text.String() + "Sent by Firstline.\n", Body: raw}, err
}

func spoken(w alert.Word) string {
	switch w {
	case alert.SaysFiring:
		return "FIRING"
	case alert.SaysNoData:
		return "NO DATA"
	case alert.SaysResolved:
	}
	return "Resolved"
}
