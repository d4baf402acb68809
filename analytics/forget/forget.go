// Package forget makes Firstline forget callers: it erases one who asks for it, and empties or drops what is older than its
// time (section `retention`).
//
// The API's process runs a Worker, `firstline erase` makes one for a while. What has to be done is in the database alone (analytics/store:
// erasures, erased_contacts), so any number of workers may run, and one that is killed is gone on with by the next: every step looks what is
// left to do. It deletes audio in the archive, but knows nothing of Asterisk, and no caller's number: once a request is stored, only sums of
// it are kept, and those for as long as facts with the number may still come (docs/adr/0034).
package forget

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/store"
	"firstline/pipeline/archive"
	"firstline/pipeline/number"
	"firstline/pipeline/trouble"
)

// Store is where facts and erasures are: *store.Store.
type Store interface {
	AddErasure(ctx context.Context, e store.Erasure) error
	Erasures(ctx context.Context, id string) ([]store.Erasure, error)
	EndErasure(ctx context.Context, e store.Erasure, now time.Time) error
	ContactsOf(ctx context.Context, e store.Erasure, known []string, since time.Time) ([]string, error)
	Remember(ctx context.Context, erasure string, contacts []string, now time.Time) error
	Remembered(ctx context.Context, erasure string) ([]string, error)
	OpenOf(ctx context.Context, contacts []string) (int64, error)
	StoredOf(ctx context.Context, contacts []string) (map[string]time.Time, error)
	Note(ctx context.Context, erasure string, n store.ErasureNote) error
	Notes(ctx context.Context, erasure string) ([]store.ErasureNote, error)
	OldParts(ctx context.Context) (int64, error)

	Personal(ctx context.Context, which store.Rows) ([]store.Emptied, error)
	Empty(ctx context.Context, which store.Rows) ([]store.Emptied, error)
	Drop(ctx context.Context, before time.Time) (dropped []store.Emptied, until time.Time, err error)
	DropTickets(ctx context.Context, before time.Time) ([]store.Emptied, error)
	NoteRetained(ctx context.Context, kind string, until time.Time, rows []store.Emptied, now time.Time) error
}

var _ Store = (*store.Store)(nil)

// Archive is where recordings lie: archive.Dir.
type Archive interface {
	Remove(id string, keepUntil time.Time) (bool, error)
}

var _ Archive = archive.Dir("")

// Deps are what a Worker stands on.
type Deps struct {
	Log      *slog.Logger
	Registry prometheus.Registerer
	Store    Store
	Archive  Archive            // nil = recordings.dir is not set here
	Numbers  func() number.Form // in which callers' numbers come
	Lasts    time.Duration      // for how long log and Kafka keep facts, the longer of both
	Now      func() time.Time   // nil = the clock
}

// Worker erases and retains.
type Worker struct {
	cfg     Config
	deps    Deps
	metrics *metrics
	trouble *trouble.Trouble
	asked   chan struct{}     // somebody asked for an erasure
	passed  map[string]passed // what the erasures went through in this process; Run's alone
	emptied time.Time         // the day on which personal data were emptied last
	dropped time.Time         // the day on which tickets were dropped last
}

// passed is how far one erasure was gone through.
type passed struct {
	at       time.Time // of the last pass's begin
	contacts []string  // in order, those that it emptied
}

const (
	patience     = 2 * time.Second // with a database that is not there yet
	passEvery    = time.Minute     // erasures whose callers' facts may still come are gone through again
	retainEvery  = time.Hour
	loadPatience = 10 * time.Minute // how long an insert may be under way: what is loaded since then is looked at again
	lastsMore    = 2 * day          // after retention is over: whole segments are deleted, by the hour or the day
)

// New is inert until Run. cfg must be valid.
func New(cfg Config, deps Deps) *Worker {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return &Worker{cfg: cfg, deps: deps, metrics: newMetrics(deps.Registry), trouble: trouble.New(patience), asked: make(chan struct{}, 1), passed: map[string]passed{}}
}

// Run works until ctx ends. What fails is told, counted and tried again.
func (w *Worker) Run(ctx context.Context) error {
	pass, retain := time.NewTicker(passEvery), time.NewTicker(retainEvery)
	defer pass.Stop()
	defer retain.Stop()
	w.told(ctx, errors.Join(w.Pass(ctx), w.Retain(ctx)))
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-w.asked:
			err = w.Pass(ctx)
		case <-pass.C:
			err = w.Pass(ctx)
		case <-retain.C:
			err = w.Retain(ctx)
		}
		w.told(ctx, err)
	}
}

func (w *Worker) told(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		if told := w.trouble.Failed(err); told != nil {
			w.deps.Log.Warn("erasing or retention fails, trying again", told...)
		}
	default:
		if told := w.trouble.Over(); told != nil {
			w.deps.Log.Info("erasing and retention go on", told...)
		}
	}
}

// Request is who shall be erased: one of number and customer.
type Request struct {
	Number   string
	Customer string
	Reason   string
	By       string
}

// ErrRequest is wrapped by the error about a request that names nobody.
var ErrRequest = errors.New("names nobody who can be erased")

func (w *Worker) erasure(r Request) (store.Erasure, error) {
	if (r.Number == "") == (r.Customer == "") {
		return store.Erasure{}, fmt.Errorf("%w: one of number and customer is needed", ErrRequest)
	}
	var forms []string
	if r.Number != "" {
		forms = w.deps.Numbers().Written(r.Number)
	}
	now := w.deps.Now()
	e, err := store.NewErasure(forms, r.Customer, r.By, r.Reason, now, now.Add(w.deps.Lasts+lastsMore))
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return e, nil
}

// Ask stores a request, which is carried out from then on, whatever happens to this process.
func (w *Worker) Ask(ctx context.Context, r Request) (Erasure, error) {
	e, err := w.erasure(r)
	if err != nil {
		return Erasure{}, err
	}
	if same, found, err := w.underWay(ctx, r); err != nil || found {
		return same, err
	}
	if err := w.deps.Store.AddErasure(ctx, e); err != nil {
		return Erasure{}, err
	}
	w.deps.Log.Info("erasure is asked for", "erasure", e.ID, "user", e.By, "number", "*"+e.Ends, "customer", e.Customer)
	select {
	case w.asked <- struct{}{}:
	default: // it is asked for already
	}
	return w.status(ctx, e)
}

// underWay finds an erasure of the same caller that was not gone through yet: a request that is repeated is the same one. Afterwards it is
// a new one, since there may be new contacts.
func (w *Worker) underWay(ctx context.Context, r Request) (Erasure, bool, error) {
	list, err := w.deps.Store.Erasures(ctx, "")
	if err != nil {
		return Erasure{}, false, err
	}
	for _, e := range list {
		if !e.Is(r.Number, r.Customer) {
			continue
		}
		if s, err := w.status(ctx, e); err != nil || s.State == StateErasing {
			return s, true, err
		}
	}
	return Erasure{}, false, nil
}

// Preview tells what a request would find; nothing is stored or changed.
func (w *Worker) Preview(ctx context.Context, r Request) (Erasure, error) {
	e, err := w.erasure(r)
	if err != nil {
		return Erasure{}, err
	}
	out := statusOf(e)
	out.ID, out.State = "", StatePreview
	contacts, err := w.deps.Store.ContactsOf(ctx, e, nil, time.Time{})
	if err != nil {
		return out, err
	}
	out.Contacts = int64(len(contacts))
	if out.Open, err = w.deps.Store.OpenOf(ctx, contacts); err != nil {
		return out, err
	}
	rows, err := w.deps.Store.Personal(ctx, store.Rows{Contacts: contacts})
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		out.add(r.Table, r.Rows)
	}
	kept, err := w.kept(ctx, contacts)
	out.add(store.ErasureRecordings, int64(len(kept)))
	return out, err
}

// kept are the recordings of contacts whose day is not over.
func (w *Worker) kept(ctx context.Context, contacts []string) (map[string]time.Time, error) {
	all, err := w.deps.Store.StoredOf(ctx, contacts)
	today := w.deps.Now().UTC().Truncate(day)
	for id, until := range all {
		if until.UTC().Truncate(day).Before(today) {
			delete(all, id)
		}
	}
	return all, err
}

// Pass goes once through all erasures that are not over.
func (w *Worker) Pass(ctx context.Context) error {
	list, err := w.deps.Store.Erasures(ctx, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range list {
		err := w.pass(ctx, e)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.metrics.failures.WithLabelValues("erasure").Inc()
			err = fmt.Errorf("erasure %s: %w", e.ID, err)
		}
		errs = append(errs, err, w.noteTrouble(ctx, e, err))
	}
	w.metrics.open.Set(float64(len(list)))
	return errors.Join(errs...)
}

// pass erases what there is of one caller now. The first one in a process looks at everything; later ones at what was loaded since,
// until nothing can come any more. The contacts are remembered first: what is loaded while their rows are emptied comes in empty.
func (w *Worker) pass(ctx context.Context, e store.Erasure) error {
	began := w.deps.Now()
	over := began.After(e.Until)
	before := w.passed[e.ID]
	if over { // the last look is at everything, too
		before = passed{}
	}
	since := time.Time{}
	if !before.at.IsZero() {
		since = before.at.Add(-loadPatience)
	}
	known, err := w.deps.Store.Remembered(ctx, e.ID)
	if err != nil {
		return err
	}
	all, err := w.deps.Store.ContactsOf(ctx, e, known, since)
	if err != nil {
		return err
	}
	isNew := func(old []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(id string) bool { _, found := slices.BinarySearch(old, id); return found })
	}
	if err := w.deps.Store.Remember(ctx, e.ID, isNew(known), began); err != nil {
		return err
	}
	if err := w.empty(ctx, e, store.Rows{Contacts: isNew(before.contacts)}, store.Rows{Contacts: before.contacts, Since: since}); err != nil {
		return err
	}
	if err := w.silence(ctx, e, all); err != nil {
		return err
	}
	if before.at.IsZero() {
		if err := w.deps.Store.Note(ctx, e.ID, store.ErasureNote{What: store.ErasurePass, At: w.deps.Now()}); err != nil {
			return err
		}
		w.deps.Log.Info("caller is erased", "erasure", e.ID, "contacts", len(all))
	}
	w.passed[e.ID] = passed{at: began, contacts: all}
	if over {
		delete(w.passed, e.ID)
		return w.deps.Store.EndErasure(ctx, e, w.deps.Now())
	}
	return nil
}

func (w *Worker) empty(ctx context.Context, e store.Erasure, which ...store.Rows) error {
	for _, rows := range which {
		emptied, err := w.deps.Store.Empty(ctx, rows)
		for _, r := range emptied {
			if noted := w.note(ctx, e, r.Table, r.Rows); noted != nil {
				return errors.Join(err, noted)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// silence deletes what was recorded of the contacts.
func (w *Worker) silence(ctx context.Context, e store.Erasure, contacts []string) error {
	kept, err := w.kept(ctx, contacts)
	if err != nil {
		return err
	}
	if len(kept) > 0 && w.deps.Archive == nil {
		return fmt.Errorf("%d recordings are left: recordings.dir is not set where this runs", len(kept))
	}
	removed := int64(0)
	for id, until := range kept {
		gone, err := w.deps.Archive.Remove(id, until)
		if err != nil {
			return errors.Join(err, w.note(ctx, e, store.ErasureRecordings, removed))
		}
		if gone {
			removed++
		}
	}
	return w.note(ctx, e, store.ErasureRecordings, removed)
}

// noteTrouble notes why a pass failed, or that one failed no more, when that is news.
func (w *Worker) noteTrouble(ctx context.Context, e store.Erasure, failed error) error {
	notes, err := w.deps.Store.Notes(ctx, e.ID)
	if err != nil {
		return err
	}
	now, last := "", ""
	if failed != nil {
		now = failed.Error()
	}
	for _, n := range notes {
		if n.What == store.ErasureTrouble {
			last = n.Error
		}
	}
	if now == last {
		return nil
	}
	return w.deps.Store.Note(ctx, e.ID, store.ErasureNote{What: store.ErasureTrouble, Error: now, At: w.deps.Now()})
}

// note writes down what was erased; nothing, when that was nothing.
func (w *Worker) note(ctx context.Context, e store.Erasure, what string, n int64) error {
	if n == 0 {
		return nil
	}
	w.metrics.erased.WithLabelValues(what).Add(float64(n))
	return w.deps.Store.Note(ctx, e.ID, store.ErasureNote{What: what, Erased: n, At: w.deps.Now()})
}

// Retain empties and drops what is older than its time.
func (w *Worker) Retain(ctx context.Context) error {
	now := w.deps.Now().UTC()
	return errors.Join(
		w.counted(ctx, store.RetainedPersonal, func() error { return w.retainPersonal(ctx, now) }),
		w.counted(ctx, store.RetainedContacts, func() error { return w.retainContacts(ctx, now) }),
		w.counted(ctx, store.RetainedTickets, func() error { return w.retainTickets(ctx, now) }),
	)
}

func (w *Worker) counted(ctx context.Context, kind string, do func() error) error {
	err := do()
	if err != nil && ctx.Err() == nil {
		w.metrics.failures.WithLabelValues(kind).Inc()
		return fmt.Errorf("retention.%s: %w", kind, err)
	}
	return nil
}

// retainPersonal empties once a day, by whole days: each time a month's columns are written anew.
func (w *Worker) retainPersonal(ctx context.Context, now time.Time) error {
	keep := w.cfg.Personal.Of()
	if today := now.Truncate(day); keep == 0 || today.Equal(w.emptied) {
		return nil
	}
	before := now.Add(-keep).Truncate(day)
	rows, err := w.deps.Store.Empty(ctx, store.Rows{Before: before})
	if err = errors.Join(err, w.retained(ctx, store.RetainedPersonal, before, rows, now)); err == nil {
		w.emptied = now.Truncate(day)
	}
	return err
}

func (w *Worker) retainContacts(ctx context.Context, now time.Time) error {
	keep := w.cfg.Contacts.Of()
	if keep == 0 {
		return nil
	}
	rows, until, err := w.deps.Store.Drop(ctx, now.Add(-keep))
	return errors.Join(err, w.retained(ctx, store.RetainedContacts, until, rows, now))
}

// retainTickets drops once a day, by whole days: each time the months are written anew in which the tickets had events.
func (w *Worker) retainTickets(ctx context.Context, now time.Time) error {
	keep := w.cfg.Tickets.Of()
	if today := now.Truncate(day); keep == 0 || today.Equal(w.dropped) {
		return nil
	}
	before := now.Add(-keep).Truncate(day)
	rows, err := w.deps.Store.DropTickets(ctx, before)
	if err = errors.Join(err, w.retained(ctx, store.RetainedTickets, before, rows, now)); err == nil {
		w.dropped = now.Truncate(day)
	}
	return err
}

func (w *Worker) retained(ctx context.Context, kind string, until time.Time, rows []store.Emptied, now time.Time) error {
	rows = slices.DeleteFunc(rows, func(r store.Emptied) bool { return r.Rows == 0 })
	if len(rows) == 0 {
		return nil
	}
	var told []string
	for _, r := range rows {
		w.metrics.retained.WithLabelValues(kind, r.Table).Add(float64(r.Rows))
		told = append(told, fmt.Sprint(r.Table, ":", r.Rows))
	}
	w.deps.Log.Info("what is older than its time is gone", "kind", kind, "until", until, "rows", strings.Join(told, " "))
	return w.deps.Store.NoteRetained(ctx, kind, until, rows, now)
}
