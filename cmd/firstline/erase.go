package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"time"

	"firstline/analytics/forget"
	"firstline/analytics/registry"
	"firstline/analytics/store"
	"firstline/pipeline/number"
)

const eraseHelp = `
Empties what tells of the caller in all of his contacts so far, and deletes what was recorded of him. Figures stay as they are.

  --number N       his number, in any form
  --customer ID    or his id in the ticket system
  --reason TEXT    why; it is kept, so nothing that tells who he is
  --dry-run        tell what would be erased, and change nothing
  --status ID      tell how far an erasure is

Examples:
  firstline erase --number '+49 30 123456' --dry-run
  firstline erase --number '+49 30 123456' --reason 'letter of 2 March'

It ends with 0 when all there is is erased. What comes late is erased as it comes, by the API's process. docs/personal-data.md
`

// operator is the actor of what is done on the command line.
const operator = "operator"

// eraseCaller erases a caller here and now, and tells what there was.
func eraseCaller(ctx context.Context, env *environment) error {
	flags := flag.NewFlagSet("erase", flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	r := forget.Request{By: operator}
	flags.StringVar(&r.Number, "number", "", "his number")
	flags.StringVar(&r.Customer, "customer", "", "or his customer id")
	flags.StringVar(&r.Reason, "reason", "asked for", "why")
	dry := flags.Bool("dry-run", false, "change nothing")
	status := flags.String("status", "", "id of an erasure")
	if err := flags.Parse(env.args); err != nil {
		return errShown
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q belongs to no flag; `firstline erase --help`", flags.Arg(0))
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	db, err := store.Open(s.Store, env.getenv, env.log, newRegistry())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	w := newForgetter(s, env, db, func() number.Form { return s.Numbers.Form() }, newRegistry())
	switch {
	case *status != "":
		return tellErasure(ctx, env.stdout, w, *status)
	case *dry:
		e, err := w.Preview(ctx, r)
		if err == nil {
			printErasure(env.stdout, e)
			_, _ = fmt.Fprintln(env.stdout, "Nothing is erased: --dry-run.")
		}
		return err
	}
	e, err := w.Ask(ctx, r)
	if err != nil {
		return err
	}
	if err := auditErasure(ctx, env, s, e); err != nil {
		return err
	}
	if err := w.Pass(ctx); err != nil {
		return fmt.Errorf("erasure %s is not finished; the API's process goes on with it, `firstline erase --status %s` tells how far it is: %w", e.ID, e.ID, err)
	}
	return tellErasure(ctx, env.stdout, w, e.ID)
}

// auditErasure writes who did what, as the API does.
func auditErasure(ctx context.Context, env *environment, s *settings, e forget.Erasure) error {
	dir, err := s.folder("api")
	if err != nil {
		return err
	}
	state, err := openState(ctx, s, dir, env, newRegistry())
	if err != nil {
		return fmt.Errorf("open the audit log: %w", err)
	}
	about := url.Values{}
	if e.Number != "" {
		about.Set("number", e.Number)
	}
	if e.Customer != "" {
		about.Set("customer", e.Customer)
	}
	err = state.Record(ctx, registry.Entry{Time: time.Now(), Actor: operator, Action: "erase-caller", Object: "/erasures/" + e.ID + "?" + about.Encode(), Result: "ok"})
	return errors.Join(err, state.Close())
}

func tellErasure(ctx context.Context, out io.Writer, w *forget.Worker, id string) error {
	e, err := w.Status(ctx, id)
	if err != nil {
		return err
	}
	printErasure(out, e)
	return nil
}

func printErasure(out io.Writer, e forget.Erasure) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	if e.ID != "" {
		say("Erasure %s: %s", e.ID, e.State)
	}
	say("Contacts: %d, of which %d have not ended", e.Contacts, e.Open)
	for _, p := range e.Erased {
		say("  %-16s %d", p.What, p.Count)
	}
	for _, r := range e.Remains {
		switch {
		case r.Until != nil:
			say("Remains: %s, until %s", r.What, r.Until.Format(time.RFC3339))
		case r.Count != nil:
			say("Remains: %s, %d", r.What, *r.Count)
		}
	}
	if e.Error != "" {
		say("Failed, and is tried again: %s", e.Error)
	}
}
