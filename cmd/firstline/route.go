package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"firstline/analytics/query"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
)

// routeTool tells why callers were given to whom, and what another policy would have done.
func routeTool(ctx context.Context, env *environment) error {
	if len(env.args) == 0 {
		return errors.New("say what to do: explain CONTACT, or replay; `firstline route --help`")
	}
	what, rest := env.args[0], env.args[1:]
	switch what {
	case "explain":
		return routeExplain(ctx, env, rest)
	case "replay":
		return routeReplay(ctx, env, rest)
	default:
		return fmt.Errorf("%q is nothing to do with routing: write explain or replay", what)
	}
}

// routeExplain prints the decisions about one contact, from what is loaded.
func routeExplain(ctx context.Context, env *environment, args []string) error {
	if len(args) != 1 {
		return errors.New("name one contact: its id stands at the end of its page's address")
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	db, err := store.Open(s.Store, env.getenv, env.log, newRegistry())
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // read only
	t, err := query.New(db.Conn(), s.Query, time.Now).Timeline(ctx, args[0], false)
	switch {
	case errors.Is(err, query.ErrNotFound):
		return fmt.Errorf("no contact %q is loaded; a call is loaded within a second or two of its arrival", args[0])
	case err != nil:
		return err
	}
	return explain(env.stdout, t)
}

// explain writes one line for each fact that the routing is made of, times counted from the arrival.
func explain(out io.Writer, t query.Timeline) error {
	_, err := fmt.Fprintf(out, "contact %s, arrived %s\n", t.ID, t.ArrivedAt.Format("2006-01-02 15:04:05 MST"))
	told := 0
	for _, f := range t.Facts {
		data, decodeErr := fact.DecodeData(f.Type, f.Data)
		if decodeErr != nil {
			return fmt.Errorf("fact %s: %w", f.ID, decodeErr)
		}
		if text := routingOf(data); text != "" && err == nil {
			told++
			_, err = fmt.Fprintf(out, "%9s  %s\n", f.Time.Sub(t.ArrivedAt).Round(100*time.Millisecond), text)
		}
	}
	if told == 0 && err == nil {
		_, err = fmt.Fprintln(out, "it never came to a queue")
	}
	return err
}

// routingOf is what a fact says about the routing; "" = nothing.
func routingOf(data fact.Data) string {
	switch d := data.(type) {
	case fact.Queued:
		return fmt.Sprintf("waits in %s, place %d%s%s", d.Queue, d.Position, priority(d.Priority), circle(d.Skills, d.Requires, d.MaxTier, d.Prefer))
	case fact.QueueRefused:
		return fmt.Sprintf("is refused by %s: %s", d.Queue, d.Reason)
	case fact.Relaxed:
		return fmt.Sprintf("may be given to more agents: %s%s", readable(string(d.Reason)), circle(d.Skills, d.Requires, d.MaxTier, d.Prefer))
	case fact.Offered:
		return offered(d)
	case fact.OfferEnded:
		return fmt.Sprintf("%s: %s after %s", d.Agent, readable(string(d.Result)), milliseconds(d.RingMS))
	case fact.EntryEnded:
		return fmt.Sprintf("leaves %s: %s after %s", d.Queue, readable(string(d.Outcome)), milliseconds(d.WaitMS))
	default:
		return ""
	}
}

func offered(d fact.Offered) string {
	w := d.Decision
	if w.Rule == "" {
		return fmt.Sprintf("%s is rung; recorded before decisions were", d.Agent)
	}
	text := fmt.Sprintf("%s is rung, by %s", d.Agent, readable(w.Rule))
	if w.EligibleCount > 1 {
		text += fmt.Sprintf(", the first of %d: %s", w.EligibleCount, strings.Join(w.Eligible, ", "))
		if w.EligibleCount > len(w.Eligible) {
			text += ", …"
		}
	}
	if len(w.Others) > 0 {
		var others []string
		for _, o := range w.Others {
			why, n, _ := strings.Cut(o, ":")
			others = append(others, n+" "+readable(why))
		}
		text += "; not: " + strings.Join(others, ", ")
	}
	return text
}

// circle is who may be rung, where that is not everybody of the queue.
func circle(skills, requires []string, tier int, prefer string) string {
	var text string
	for _, s := range skills {
		name, level, _ := strings.Cut(s, ":")
		text += fmt.Sprintf(", %s %s or more", name, level)
	}
	for _, r := range requires {
		text += ", agents with " + r
	}
	if tier > 0 {
		text += fmt.Sprintf(", up to tier %d", tier)
	}
	if prefer != "" {
		text += ", first for " + prefer
	}
	return text
}

func priority(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", priority %d", n)
}

func readable(id string) string { return strings.ReplaceAll(id, "_", " ") }

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// readFacts reads facts from a file, one line of CloudEvents JSON each, as `firstline` publishes them.
func readFacts(in io.Reader) ([]fact.Fact, error) {
	var facts []fact.Fact
	lines := json.NewDecoder(in)
	for n := 1; ; n++ {
		var raw json.RawMessage
		if err := lines.Decode(&raw); errors.Is(err, io.EOF) {
			return facts, nil
		} else if err != nil {
			return nil, fmt.Errorf("fact %d: %w", n, err)
		}
		f, err := fact.Decode(raw)
		if err != nil {
			return nil, fmt.Errorf("fact %d: %w", n, err)
		}
		facts = append(facts, f)
	}
}
