package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"firstline/analytics/alert"
	"firstline/analytics/live"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/schedule"
	"firstline/pipeline/trouble"
)

// watch is what the alerts remember between looks: of figures that don't change any more, and of how far the loaded ones reach. Its one owner
// is the goroutine that looks at the rules; a reload only wakes it.
type watch struct {
	holder  string // who this process is among those that have the lease
	shown   map[[2]string]bool
	lag     lag
	tickets ticketLag
	unsure  *trouble.Trouble // of whether ticket events are loaded
	hours   map[hourKey]hourNumbers
	due     map[string]ticketsDue

	reloaded chan struct{} // holds one: rules and interval may be other ones
}

func newWatch() *watch {
	return &watch{holder: newRequestID(), shown: map[[2]string]bool{}, hours: map[hourKey]hourNumbers{}, due: map[string]ticketsDue{}, unsure: trouble.New(startPatience), reloaded: make(chan struct{}, 1)}
}

// lag finds out that loaded figures fall behind the state of now: a fact that is known there is not loaded a while later.
type lag struct {
	mark  time.Time // of a fact that was known when it was not loaded yet
	since time.Time // when that was
}

// lagPatience is how long a fact may take to be loaded before the figures are called unknown.
const lagPatience = 2 * time.Minute

// behind notes the newest fact of now and the newest loaded one, and says whether the latter is behind.
func (l *lag) behind(newest, loaded, now time.Time) bool {
	switch {
	case !newest.After(loaded):
		*l = lag{}
		return false
	case l.mark.IsZero() || !loaded.Before(l.mark):
		*l = lag{mark: newest, since: now}
		return false
	}
	return now.Sub(l.since) > lagPatience
}

// pending says that something known is not loaded yet, be it behind or not.
func (l *lag) pending() bool { return !l.mark.IsZero() }

// alertLook is one look at all rules: each number is asked for once.
type alertLook struct {
	a      *API
	now    time.Time
	board  *live.Wallboard
	levels map[levelKey]levels
	failed map[hourKey]error
	marked bool
	lagged bool
	asked  bool  // whether ticket events are loaded
	late   error // why tickets can't be judged
}

type levelKey struct{ window, threshold time.Duration }

// levels are a window's service levels by queue.
type levels struct {
	rows map[string]metric.ServiceLevel
	err  error
}

func (a *API) newLook(now time.Time) *alertLook {
	return &alertLook{a: a, now: now, levels: map[levelKey]levels{}, failed: map[hourKey]error{}}
}

// sample looks at a rule's number in a queue.
func (l *alertLook) sample(ctx context.Context, r alert.Rule, queue string) alert.Sample {
	switch r.Kind {
	case alert.ServiceLevel:
		return l.serviceLevel(ctx, r, queue)
	case alert.Deviation:
		return l.deviation(ctx, r, queue)
	case alert.TicketSLA:
		return l.tickets(ctx, r, queue)
	case alert.LongestWait, alert.NobodyReady:
		return l.live(r, queue)
	}
	return alert.Unreadable("this version knows no such rule")
}

// wallboard is the state of now, the same for all rules of a look.
func (l *alertLook) wallboard() *live.Wallboard {
	if l.board == nil {
		b := l.a.now.Wallboard()
		l.board = &b
	}
	return l.board
}

// blind says why nobody knows how calls are now; empty = it is known. Nor do they come into the figures then: what is loaded is old.
func (l *alertLook) blind() string {
	switch b := l.wallboard(); {
	case b.Stale:
		return "the controller is not heard"
	case !b.Link:
		return "the controller is not connected to Asterisk"
	}
	return ""
}

func (l *alertLook) live(r alert.Rule, queue string) alert.Sample {
	if why := l.blind(); why != "" {
		return alert.Unreadable(why)
	}
	b := l.wallboard()
	i := slices.IndexFunc(b.Queues, func(q live.QueueView) bool { return q.ID == queue })
	if i < 0 {
		return alert.Unreadable("the controller knows no such queue")
	}
	q := b.Queues[i]
	if r.Kind == alert.LongestWait {
		return r.LongestWait(q.OldestQueuedAt, l.now)
	}
	open, err := l.open(r.Schedule)
	if err != nil {
		return alert.Unreadable(err.Error())
	}
	return r.NobodyReady(q.Waiting, q.Agents.Ready, open)
}

func (l *alertLook) open(id string) (bool, error) {
	if id == "" {
		return true, nil
	}
	for _, s := range l.a.site().Schedules {
		if s.ID == id {
			place, err := schedule.New(s)
			return place.Open(l.now), err
		}
	}
	return false, fmt.Errorf("there is no schedule %s", id)
}

// lags notes once a look how far the loaded figures reach; nil = nothing was ever loaded.
func (l *alertLook) lags(watermark *time.Time) {
	if l.marked {
		return
	}
	var newest, loaded time.Time
	if watermark != nil {
		loaded = *watermark
	}
	b := l.wallboard()
	note := func(t time.Time) {
		if t.After(newest) && !t.After(l.now) {
			newest = t
		}
	}
	for _, agent := range b.Agents {
		note(agent.Since)
	}
	for _, q := range b.Queues {
		for _, c := range q.Callers {
			note(c.QueuedAt)
		}
	}
	l.marked, l.lagged = true, l.a.watch.lag.behind(newest, loaded, l.now)
}

// ticketsDue are a queue's tickets as they were counted last.
type ticketsDue struct {
	warning, breached int64
	err               error
	at                time.Time
}

// ticketsLate finds out once a look whether what is loaded of tickets is all that came, and says why not.
func (l *alertLook) ticketsLate(ctx context.Context) string {
	w := l.a.watch
	if !l.asked {
		l.asked, l.late = true, l.a.ticketsLate(ctx, &w.tickets, l.now)
		l.a.noteUnsure(l.late)
	}
	switch {
	case l.late == nil:
		return ""
	case errors.Is(l.late, errTicketsBehind):
		clear(w.due) // they are counted anew when all is loaded
		return ticketsBehind
	default:
		clear(w.due)
		return ticketsUnsure
	}
}

// noteUnsure tells, now and then, why ticket rules are not judged.
func (a *API) noteUnsure(err error) {
	if err == nil {
		if told := a.watch.unsure.Over(); told != nil {
			a.log.Info("tickets are judged again", told...)
		}
		return
	}
	if told := a.watch.unsure.Failed(err); told != nil {
		a.log.Warn("tickets of alerts are not judged", told...)
	}
}

// tickets looks at a queue's tickets. They are counted once a minute, since that reads all events of tickets.
func (l *alertLook) tickets(ctx context.Context, r alert.Rule, queue string) alert.Sample {
	if l.a.site().sla().Targets.None() {
		return r.TicketsDue(0, 0, false)
	}
	if why := l.ticketsLate(ctx); why != "" {
		return alert.Unreadable(why)
	}
	known, ok := l.a.watch.due[queue]
	if !ok || l.now.Sub(known.at) >= dueEvery {
		known = ticketsDue{at: l.now}
		within, cancel := context.WithTimeout(ctx, l.a.cfg.QueryTimeout)
		defer cancel()
		counts, err := l.a.ticketsDue(within, []string{queue}, nil)
		for _, c := range counts {
			known.warning, known.breached = known.warning+c.Warning, known.breached+c.Breached
		}
		if known.err = err; err != nil {
			l.a.log.Warn("tickets of alerts can't be counted", "queue", queue, "error", err)
		}
		l.a.watch.due[queue] = known
	}
	if known.err != nil {
		return alert.Unreadable("tickets can't be counted")
	}
	return r.TicketsDue(known.warning, known.breached, true)
}

const figuresBehind = "figures are behind: what happened is not loaded"

func (l *alertLook) serviceLevel(ctx context.Context, r alert.Rule, queue string) alert.Sample {
	if why := l.blind(); why != "" {
		return alert.Unreadable(why)
	}
	key := levelKey{r.Window, r.Threshold}
	known, ok := l.levels[key]
	if !ok {
		known = l.readLevels(ctx, r)
		l.levels[key] = known
	}
	if known.err != nil {
		return alert.Unreadable("figures can't be read")
	}
	if l.lagged {
		return alert.Unreadable(figuresBehind)
	}
	row := known.rows[queue] // without a call: the zero one
	share := &row.Answered
	switch r.Variant {
	case alert.Offered:
		share = row.Offered
	case alert.OfferedLessShort:
		share = row.OfferedLessShort
	case alert.ResolvedWithin:
		share = row.ResolvedWithin
	case alert.Answered:
	}
	if share == nil {
		share = &metric.Ratio{}
	}
	return r.ServiceLevel(share.Numerator, share.Denominator)
}

func (l *alertLook) readLevels(ctx context.Context, r alert.Rule) levels {
	req := query.QueueRequest{
		WindowRequest: query.WindowRequest{From: l.now.Add(-r.Window), Until: l.now, GroupBy: []string{string(metric.ByQueue)}}, Limits: l.a.limits(principal{}),
	}
	if r.Threshold > 0 {
		t := r.Threshold.Milliseconds()
		req.ServiceLevelMS = &t
	}
	report, err := l.ask(ctx, req)
	if err != nil {
		return levels{err: err}
	}
	out := levels{rows: map[string]metric.ServiceLevel{}}
	for _, row := range report.Rows {
		out.rows[*row.Queue] = row.ServiceLevel
	}
	return out
}

// ask asks for a report, within the time that one has.
func (l *alertLook) ask(ctx context.Context, req query.QueueRequest) (metric.QueueReport, error) {
	ctx, cancel := context.WithTimeout(ctx, l.a.cfg.QueryTimeout)
	defer cancel()
	report, err := l.a.reports.Queues(ctx, req)
	if err != nil {
		l.a.log.Warn("figures of alerts can't be read", "error", err)
		return report, err
	}
	l.lags(report.Watermark)
	return report, nil
}

// hourKey names an hour by its begin, in Unix seconds.
type hourKey int64

// hourNumbers are what is known of an hour by queue.
type hourNumbers struct {
	rows map[string]hourRow
	read time.Time
}

type hourRow struct {
	offered, abandoned, answered, handled int64
	wait, handle                          *float64 // means in milliseconds
}

// An hour that was over long ago doesn't change; a younger one is read again. So many hours are remembered.
const (
	hourChanges = 24 * time.Hour
	hourAgain   = 5 * time.Minute
	hoursKept   = 2000
)

// settledAfter is how long after an hour its number is complete: a talk of it may still go on.
func settledAfter(n alert.Number) time.Duration {
	if n == alert.NumberHandleTime {
		return 30 * time.Minute
	}
	return 2 * time.Minute
}

func (l *alertLook) deviation(ctx context.Context, r alert.Rule, queue string) alert.Sample {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return alert.Unreadable("there is no time zone " + r.Zone)
	}
	if why := l.blind(); why != "" {
		return alert.Unreadable(why)
	}
	hour, earlier := alert.LastHour(l.now, settledAfter(r.Number), zone, r.Weeks)
	last, err := l.hour(ctx, hour)
	if err != nil {
		return alert.Unreadable("figures can't be read")
	}
	if l.lagged {
		return alert.Unreadable(figuresBehind)
	}
	past := make([]alert.Hour, 0, len(earlier))
	for _, at := range earlier {
		h, err := l.hour(ctx, at)
		if err != nil {
			return alert.Unreadable("figures can't be read")
		}
		row := h.rows[queue]
		if row.offered == 0 { // closed, a holiday, or before there was anything: no hour to compare with
			continue
		}
		past = append(past, row.number(r))
	}
	return r.Deviation(last.rows[queue].number(r), past)
}

// hour is what is known of an hour, from memory where it doesn't change any more.
func (l *alertLook) hour(ctx context.Context, at time.Time) (hourNumbers, error) {
	key, w := hourKey(at.Unix()), l.a.watch
	if h, ok := w.hours[key]; ok && (h.read.Sub(at) > hourChanges || l.now.Sub(h.read) < hourAgain) {
		return h, nil
	}
	if err := l.failed[key]; err != nil {
		return hourNumbers{}, err
	}
	report, err := l.ask(ctx, query.QueueRequest{
		WindowRequest: query.WindowRequest{From: at, Until: at.Add(time.Hour), GroupBy: []string{string(metric.ByQueue)}}, Limits: l.a.limits(principal{}),
	})
	if err != nil {
		l.failed[key] = err
		return hourNumbers{}, err
	}
	h := hourNumbers{rows: map[string]hourRow{}, read: l.now}
	for _, row := range report.Rows {
		h.rows[*row.Queue] = hourRow{
			offered: *row.Offered, abandoned: *row.Abandoned, answered: row.Answered, handled: row.Handle.Count, wait: row.SpeedOfAnswer.MeanMS, handle: row.Handle.MeanMS,
		}
	}
	if w.lag.pending() { // calls of it may be missing: the next look reads it again
		h.read = l.now.Add(time.Nanosecond - hourAgain)
	}
	if len(w.hours) >= hoursKept {
		clear(w.hours) // they are read again
	}
	w.hours[key] = h
	return h, nil
}

// number is the one that a rule looks at; none where too few calls make it.
func (h hourRow) number(r alert.Rule) alert.Hour {
	of := func(calls int64, v *float64) alert.Hour {
		if calls < int64(max(1, r.MinCalls)) || v == nil {
			return alert.Hour{}
		}
		return alert.Hour{Value: v}
	}
	seconds := func(ms *float64) *float64 {
		if ms == nil {
			return nil
		}
		s := *ms / 1000
		return &s
	}
	switch r.Number {
	case alert.NumberOffered: // none at all is a number too: the line may be dead
		v := float64(h.offered)
		return alert.Hour{Value: &v}
	case alert.NumberAbandonment:
		return of(h.offered, metric.NewRatio(h.abandoned, h.offered).Percent)
	case alert.NumberSpeedOfAnswer:
		return of(h.answered, seconds(h.wait))
	case alert.NumberHandleTime:
		return of(h.handled, seconds(h.handle))
	}
	return alert.Hour{}
}
