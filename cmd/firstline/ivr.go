package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// ivrTool shows the menus of the configuration without a phone: as a graph, or in the terminal.
func ivrTool(ctx context.Context, env *environment) error {
	if len(env.args) == 0 {
		return errors.New("say what to do: graph, or try; `firstline ivr --help`")
	}
	what, rest := env.args[0], env.args[1:]
	switch what {
	case "graph":
		return ivrGraph(env, rest)
	case "try":
		return ivrTry(ctx, env, rest)
	default:
		return fmt.Errorf("%q is nothing to do with menus: write graph or try", what)
	}
}

// ivrGraph draws one flow, or all. Mistakes are told but keep nobody from looking at them.
func ivrGraph(env *environment, args []string) error {
	flags := flag.NewFlagSet("firstline ivr graph", flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	format := flags.String("format", string(ivr.Mermaid), "mermaid or dot")
	if err := flags.Parse(args); err != nil {
		return errShown
	}
	s, mistakes := readSettings(env.config)
	for _, m := range mistakes {
		_, _ = fmt.Fprintln(env.stderr, m)
	}
	if s == nil {
		return errShown
	}
	flows := s.Center.IVR
	if flags.NArg() > 0 {
		f, err := flowNamed(flows, flags.Arg(0))
		if err != nil {
			return err
		}
		flows = []ivr.Flow{f}
	}
	for _, f := range flows {
		text, err := f.Draw(ivr.Format(*format))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprint(env.stdout, text); err != nil {
			return err
		}
	}
	return nil
}

func flowNamed(flows []ivr.Flow, id string) (ivr.Flow, error) {
	i := slices.IndexFunc(flows, func(f ivr.Flow) bool { return f.ID == id })
	if i >= 0 {
		return flows[i], nil
	}
	var known []string
	for _, f := range flows {
		known = append(known, f.ID)
	}
	return ivr.Flow{}, fmt.Errorf("flow %q is not defined; there are %v", id, known)
}

// flowOf is the flow that the entries lead a caller to; an error says that none does.
func flowOf(p *callcenter.Plan, caller *ivr.Caller, at time.Time) (string, error) {
	if caller.Dialed == "" {
		i := slices.IndexFunc(p.Entries, func(e callcenter.Entry) bool { return len(e.Callers) == 0 && e.Flow != "" })
		caller.Dialed = p.Entries[max(i, 0)].Number
	}
	i, ok := p.EntryFor(callcenter.Arrival{Dialed: caller.Dialed, Number: caller.Number, At: at})
	switch {
	case !ok:
		return "", fmt.Errorf("no entry answers %s to this caller", caller.Dialed)
	case p.Entries[i].Reject:
		return "", fmt.Errorf("entry %d rejects this caller before the call is answered", i+1)
	}
	return p.Entries[i].Flow, nil
}

// ivrTry lets a person be the caller: keys of the terminal are keys of his phone.
func ivrTry(ctx context.Context, env *environment, args []string) error {
	flags := flag.NewFlagSet("firstline ivr try", flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	at := flags.String("at", "", "the instant to try, RFC 3339 (2026-12-25T10:00:00+01:00); left out: now")
	var caller ivr.Caller
	flags.StringVar(&caller.Number, "number", "", "the caller's number; left out: withheld")
	flags.StringVar(&caller.Dialed, "dialed", "", "the number he dials; left out: that of the first entry for every caller")
	flags.StringVar(&caller.Language, "language", "en", "the language the call comes with")
	flags.StringVar(&caller.Customer, "customer", "", "the customer's id, as the ticket system would have found it")
	flags.StringVar(&caller.Ticket, "ticket", "", "id of his open ticket")
	var incidents []string
	flags.Func("incident", "id of an incident that is switched on; may be given several times", func(id string) error {
		incidents = append(incidents, id)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return errShown
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	for _, id := range incidents {
		if !slices.ContainsFunc(s.Plan.Incidents, func(in ivr.Incident) bool { return in.ID == id }) {
			return fmt.Errorf("--incident: incident %q is not defined", id)
		}
	}
	menus, err := ivr.New(s.Plan.Flows, s.Plan.Schedules, s.Plan.Incidents, s.Plan.Extensions())
	if err != nil {
		return err
	}
	began := time.Now()
	if *at != "" {
		if began, err = time.Parse(time.RFC3339, *at); err != nil {
			return fmt.Errorf("--at: %q is no instant: write it as 2026-12-25T10:00:00+01:00", *at)
		}
	}
	caller.Number = s.Numbers.Form().Of(caller.Number)
	flow := flags.Arg(0)
	if flow == "" {
		if flow, err = flowOf(s.Plan, &caller, began); err != nil {
			return err
		}
	}
	f, err := flowNamed(s.Plan.Flows, flow)
	if err != nil {
		return err
	}
	return newTrial(menus, s.Center.Prompts.List, ivr.Moment{At: began, Caller: caller, Incidents: incidents}, env.stdout).run(ctx, f.ID, env.stdin)
}
