package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"firstline/analytics/alert"
	"firstline/analytics/notify"
	"firstline/analytics/registry"
	"firstline/pipeline/trouble"
)

const (
	reportsEvery = 15 * time.Second
	runLease     = 5 * time.Minute // a process that is silent for so long at a run has died
	largestFile  = 20 << 20        // most mail servers take no larger mails
)

// runReports begins the slots that have come and takes up the runs that are due, until ctx ends.
func (a *API) runReports(ctx context.Context) {
	ticker := time.NewTicker(reportsEvery)
	defer ticker.Stop()
	behind := trouble.New(startPatience)
	for {
		if err := a.reportsDue(ctx); err != nil && ctx.Err() == nil {
			a.m.reportRuns.WithLabelValues("error").Inc()
			if told := behind.Failed(err); told != nil {
				a.log.Warn("saved reports are not run", told...)
			}
		} else if told := behind.Over(); told != nil {
			a.log.Info("saved reports are run again", told...)
		}
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-ticker.C:
		}
	}
}

// reportsDue does what is to be done now. What one report fails with doesn't keep the others.
func (a *API) reportsDue(ctx context.Context) error {
	now := a.clock().UTC()
	due, err := a.state.DueReports(ctx, now)
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range due {
		if err := a.beginSlot(ctx, r, now); err != nil {
			failed = append(failed, fmt.Errorf("report %s: %w", r.ID, err))
		}
	}
	runs, err := a.state.DueRuns(ctx, now)
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, run := range runs {
		if ctx.Err() != nil {
			break
		}
		if err := a.takeUp(ctx, run); err != nil && !errors.Is(err, registry.ErrNone) {
			failed = append(failed, fmt.Errorf("run %s: %w", run.ID, err))
		}
	}
	return errors.Join(append(failed, a.state.SweepRuns(ctx, now.Add(-runsKept)))...)
}

// beginSlot writes the run of a report's slot down before anything is done, together with the slot that comes next. Slots that passed while
// nothing ran are made up once: by the last of them.
func (a *API) beginSlot(ctx context.Context, r registry.Report, now time.Time) error {
	v, err := viewOfReport(r)
	if err != nil {
		return err
	}
	table, err := v.timetable()
	if err != nil {
		return err
	}
	slots, all := table.Between(r.Next.Add(-time.Second), now, 1)
	if all == 0 { // the zone's rules have changed since it was worked out
		slots, all = []time.Time{r.Next}, 1
	}
	next, _ := table.Next(now)
	text, err := json.Marshal(runBody{Missed: all - 1})
	if err != nil {
		return err
	}
	run := registry.Run{ID: fmt.Sprintf("%s.%d", r.ID, slots[0].Unix()), Report: r.ID, Slot: slots[0], Due: now, Body: string(text)}
	begun, err := a.state.BeginRun(ctx, run, r.Next, next)
	if begun && all > 1 {
		a.m.reportRuns.WithLabelValues("missed").Add(float64(all - 1))
		a.log.Warn("slots of a report passed while nothing ran, one run stands for them", "report", r.ID, "slots", all, "slot", slots[0])
	}
	return err
}

// underway is a run that this process is at.
type underway struct {
	run    registry.Run
	body   runBody
	report SavedReport
}

// takeUp runs a run: makes the file with its owner's rights of now, and sends it to each who hasn't got it yet.
func (a *API) takeUp(ctx context.Context, run registry.Run) error {
	now := a.clock().UTC()
	if err := a.state.TakeRun(ctx, run, now, now.Add(runLease)); err != nil {
		return err
	}
	run.Attempt++
	u := &underway{run: run}
	if err := json.Unmarshal([]byte(run.Body), &u.body); err != nil {
		return err
	}
	r, err := a.state.FindReport(ctx, run.Report)
	if err != nil {
		return err // also when it was deleted in this moment, with its runs
	}
	if u.report, err = viewOfReport(r); err != nil {
		return err
	}
	if u.body.Sending != "" { // who sent it has died at it
		a.m.reportRuns.WithLabelValues("repeated").Inc()
		u.body.Repeated, u.body.Sending = append(u.body.Repeated, notify.Hidden(u.body.Sending)), ""
	}
	message, err := a.compose(ctx, u)
	if err != nil {
		return a.endTry(ctx, u, err, later(err))
	}
	return a.sendAll(ctx, u, message)
}

// sendAll sends to each target by itself, and writes down before and behind each that it does.
func (a *API) sendAll(ctx context.Context, u *underway, message notify.Message) error {
	var last error
	for _, target := range u.report.targets() {
		if u.done(target) {
			continue
		}
		u.body.Sending = target
		if err := a.note(ctx, u); err != nil {
			return err
		}
		err := a.notify.Send(ctx, target, message)
		u.body.Sending = ""
		switch {
		case err == nil:
			u.body.Sent = append(u.body.Sent, notify.Hidden(target))
		case errors.Is(err, notify.ErrPermanent), u.run.Attempt >= alert.MaxTries:
			a.notify.Drop(target, message.Kind)
			u.body.Dropped = append(u.body.Dropped, notify.Hidden(target))
			u.body.Error, u.body.Failed = notify.Hidden(target)+": "+err.Error(), true
		default:
			last = fmt.Errorf("%s: %w", notify.Hidden(target), err)
		}
		if err := a.note(context.WithoutCancel(ctx), u); err != nil {
			return err
		}
	}
	if last != nil {
		return a.endTry(ctx, u, last, true)
	}
	return a.endRun(ctx, u)
}

// done says whether nothing more is to be sent to a target.
func (u *underway) done(target string) bool {
	hidden := notify.Hidden(target)
	for _, list := range [][]string{u.body.Sent, u.body.Dropped} {
		for _, t := range list {
			if t == hidden {
				return true
			}
		}
	}
	return false
}

// note writes down how far a run has come, and keeps it for longer.
func (a *API) note(ctx context.Context, u *underway) error {
	text, err := json.Marshal(u.body)
	if err != nil {
		return err
	}
	u.run.Body = string(text)
	if !u.run.Ended && !u.run.Due.After(a.clock()) {
		u.run.Lease = a.clock().UTC().Add(runLease)
	} else {
		u.run.Lease = time.Time{}
	}
	return a.state.NoteRun(ctx, u.run)
}

// endTry ends a try that failed: it is tried again, or the run has failed.
func (a *API) endTry(ctx context.Context, u *underway, cause error, again bool) error {
	u.body.Error = cause.Error()
	var e *Error
	if errors.As(cause, &e) {
		u.body.Error = detailOf(e)
	}
	if !again || u.run.Attempt >= alert.MaxTries {
		u.body.Failed = true
		return a.endRun(ctx, u)
	}
	a.m.reportRuns.WithLabelValues("later").Inc()
	a.log.Warn("report is not sent yet", "report", u.report.ID, "run", u.run.ID, "try", u.run.Attempt, "error", u.body.Error)
	u.run.Due = a.clock().UTC().Add(alert.Patience(u.run.Attempt))
	return a.note(context.WithoutCancel(ctx), u)
}

func (a *API) endRun(ctx context.Context, u *underway) error {
	u.run.Ended, u.body.Ended = true, a.clock().UTC().Truncate(time.Second)
	result := "sent"
	if u.body.Failed {
		result = "failed"
		a.log.Warn("report is not sent", "report", u.report.ID, "run", u.run.ID, "owner", u.report.Owner, "error", u.body.Error)
	} else {
		u.body.Error = ""
		a.log.Info("report is sent", "report", u.report.ID, "run", u.run.ID, "owner", u.report.Owner, "recipients", len(u.body.Sent))
	}
	a.m.reportRuns.WithLabelValues(result).Inc()
	return a.note(context.WithoutCancel(ctx), u)
}

// compose makes the file and what is told of it. Until when figures are known is asked before, so that it never promises more than the file saw.
func (a *API) compose(ctx context.Context, u *underway) (notify.Message, error) {
	owner, err := a.onBehalf(ctx, u.report.Owner)
	if err != nil {
		return notify.Message{}, err
	}
	v, from, until, err := u.report.query(u.run.Slot)
	if err != nil {
		return notify.Message{}, err
	}
	head, err := a.ask(owner, u.report.path(), v, formJSON)
	if err != nil {
		return notify.Message{}, err
	}
	var known struct {
		Watermark  *time.Time        `json:"watermark"`
		Rows       []json.RawMessage `json:"rows"`
		Comparison struct {
			Rows []json.RawMessage `json:"rows"`
		} `json:"comparison"`
	}
	if err := json.Unmarshal(head, &known); err != nil {
		return notify.Message{}, err
	}
	form := tableForms()[u.report.Form]
	file, err := a.ask(owner, u.report.path(), v, form)
	if err != nil {
		return notify.Message{}, err
	}
	if len(file) > largestFile {
		return notify.Message{}, fail(CodeTooLarge, fmt.Sprintf("the file has %d MB, more than can be sent: choose a longer interval or a shorter window", len(file)>>20), nil)
	}
	u.body.From, u.body.Until, u.body.Rows = from.UTC(), until.UTC(), len(known.Rows)+len(known.Comparison.Rows)
	return u.message(form, file, from, until, known.Watermark)
}

// ReportMessage is what a webhook gets of a report.
type ReportMessage struct {
	Kind      string     `json:"kind"` // report
	ID        string     `json:"id"`   // of the run
	Report    string     `json:"report"`
	Name      string     `json:"name"`
	Slot      time.Time  `json:"slot"`
	From      time.Time  `json:"from"`
	Until     time.Time  `json:"until"`
	Zone      string     `json:"tz"`
	Watermark *time.Time `json:"watermark"`
	Rows      int        `json:"rows"`
	Missed    int        `json:"missed"`
	File      string     `json:"file"` // its name
	Type      string     `json:"type"`
	Content   string     `json:"content"` // base64
}

// kindReport is a report among the messages.
const kindReport = "report"

func (u *underway) message(form form, file []byte, from, until time.Time, watermark *time.Time) (notify.Message, error) {
	const day, minute = "2006-01-02", "2006-01-02 15:04 MST"
	r := u.report
	name := r.Report + "-" + from.Format(day) + "." + r.Form
	text := fmt.Sprintf("%s\n\nFrom %s until %s (%s), %d rows in the file %s.\n", r.Name, from.Format(minute), until.Format(minute), r.Zone, u.body.Rows, name)
	if watermark == nil {
		text += "No figures are known yet.\n"
	} else {
		text += fmt.Sprintf("The newest call known by then was of %s.\n", watermark.In(from.Location()).Format("2006-01-02 15:04:05 MST"))
	}
	if u.body.Missed > 0 {
		text += fmt.Sprintf("%d earlier reports of this schedule were not sent, because nothing ran at their time; this one stands for them.\n", u.body.Missed)
	}
	if len(u.body.Repeated) > 0 {
		text += "You may have got this report already: what sent it was interrupted.\n"
	}
	text += "\nSent by Firstline on behalf of " + r.Owner + ".\n"
	body, err := json.Marshal(ReportMessage{
		Kind: kindReport, ID: u.run.ID, Report: r.ID, Name: r.Name, Slot: u.run.Slot, From: from.UTC(), Until: until.UTC(), Zone: r.Zone, Watermark: watermark,
		Rows: u.body.Rows, Missed: u.body.Missed, File: name, Type: string(form), Content: base64.StdEncoding.EncodeToString(file),
	})
	return notify.Message{
		ID: u.run.ID, Kind: kindReport, Subject: r.Name + ", " + from.Format(day) + " to " + until.Add(-time.Second).Format(day), Text: text,
		File: &notify.File{Name: name, Type: string(form), Content: file}, Body: body,
	}, err
}
