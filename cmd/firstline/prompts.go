package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"firstline/pipeline/parts"
	"firstline/pipeline/problem"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/prompts"
)

// promptsTool makes the sound files of the site's own prompts, or tells how they are.
func promptsTool(ctx context.Context, env *environment) error {
	if len(env.args) == 0 {
		return errors.New("say what to do: build, or list; `firstline prompts --help`")
	}
	what, rest := env.args[0], env.args[1:]
	if what != "build" && what != "list" {
		return fmt.Errorf("%q is nothing to do with prompts: write build or list", what)
	}
	flags := flag.NewFlagSet("firstline prompts "+what, flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	again := new(bool)
	if what == "build" {
		flags.BoolVar(again, "again", false, "make all anew: a program or a voice is another now")
	}
	if err := flags.Parse(rest); err != nil {
		return errShown
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	place, err := placeOfPrompts(s)
	if err != nil {
		return err
	}
	if what == "build" {
		return promptsBuild(ctx, env, s, place, *again)
	}
	return promptsList(env, place.maker(s))
}

// promptsBuild makes what is missing or stale and tells of each file in a line.
func promptsBuild(ctx context.Context, env *environment, s *settings, place promptPlace, again bool) error {
	if place.embedded && len(s.Center.Prompts.List) > 0 {
		if err := node.OpenToAll(place.made); err != nil {
			return err
		}
	}
	files := 0
	failed, err := place.maker(s).Build(ctx, again, func(r prompts.Report) {
		files++
		if r.Err != nil {
			_, _ = fmt.Fprintf(env.stdout, "%-8s %s: %v\n", r.Done, r.Name(), r.Err)
			return
		}
		_, _ = fmt.Fprintf(env.stdout, "%-8s %s  %s\n", r.Done, r.Name(), seconds(r.Length))
	})
	if err != nil {
		return err
	}
	if err := place.reached(); err != nil && files > 0 {
		_, _ = fmt.Fprintf(env.stdout, "note: %v, unless it is one that may\n", err)
	}
	if failed > 0 {
		_, _ = fmt.Fprintf(env.stdout, "%d of %d failed, in %s\n", failed, files, place.made)
		return errShown
	}
	_, err = fmt.Fprintf(env.stdout, "%d files, in %s\n", files, place.made)
	return err
}

// promptsList tells how each file is to the plan.
func promptsList(env *environment, m *prompts.Maker) error {
	list, err := m.Statuses()
	if err != nil {
		return err
	}
	for _, st := range list {
		said := st.Text
		if st.File != "" {
			said = st.File
		}
		if st.Err != nil {
			said = st.Err.Error()
		}
		_, _ = fmt.Fprintln(env.stdout, strings.TrimSpace(fmt.Sprintf("%-8s %s  %s  %s", st.State, st.Name(), seconds(st.Length), said)))
	}
	_, err = fmt.Fprintf(env.stdout, "%d files, in %s\n", len(list), m.Folder())
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// promptPlace is where the files of prompts are made, and where Asterisk finds them.
type promptPlace struct {
	made     string
	seen     string // the same folder as Asterisk sees it
	embedded bool
	root     string // all that the embedded Asterisk sees
}

// reached is an error where Asterisk, as a user of its own, could not enter the folder. Where it runs elsewhere that can't be
// told.
func (p promptPlace) reached() error {
	if filepath.Join(p.root, p.seen) != p.made {
		return nil
	}
	return node.Enterable(p.root, filepath.Join(p.made, "en"))
}

func (p promptPlace) maker(s *settings) *prompts.Maker {
	return prompts.New(s.Prompts, p.made, s.Center.Prompts.List)
}

// placeOfPrompts is as configured; left out, a folder below data, or for an Asterisk that is run here one that it sees.
func placeOfPrompts(s *settings) (p promptPlace, err error) {
	p = promptPlace{made: s.Prompts.Folder, seen: s.Prompts.AsteriskFolder, embedded: s.Node.Embedded, root: "/"}
	if p.embedded {
		if p.root, err = parts.AsteriskRoot(); err != nil {
			return promptPlace{}, err
		}
	}
	switch {
	case p.made != "":
	case p.embedded:
		p.made = filepath.Join(p.root, node.PromptsDir(s.Center.Node))
	default:
		p.made = filepath.Join(s.Root.Data, "prompts")
	}
	if p.made, err = filepath.Abs(p.made); err != nil {
		return promptPlace{}, fmt.Errorf("find the folder of prompts: %w", err)
	}
	if p.seen == "" {
		below, err := filepath.Rel(p.root, p.made)
		if err != nil || !filepath.IsLocal(below) {
			return promptPlace{}, fmt.Errorf("asterisk sees nothing but %s, not %s; leave it out, or name a folder there", p.root, p.made)
		}
		p.seen = filepath.Join("/", below)
	}
	if strings.Contains(p.seen, ",") {
		return promptPlace{}, fmt.Errorf("%s has a comma, which ends a name for asterisk; name another folder", p.seen)
	}
	return p, nil
}

// promptNotes are what is no mistake in the prompts, but worth knowing.
func promptNotes(s *settings) []problem.Problem {
	if len(s.Center.Prompts.List) == 0 {
		return nil
	}
	out := s.Center.Unused()
	if _, err := promptsFit(s); err != nil {
		out = append(out, problem.Problem{Path: "prompts", Message: err.Error(), Mend: mendPrompts})
	}
	return out
}

const mendPrompts = "run `firstline prompts build`"

// promptsFit is an error unless each file is there as the plan has it; detail says how many and where.
func promptsFit(s *settings) (detail string, err error) {
	place, err := placeOfPrompts(s)
	if err != nil {
		return "", err
	}
	list, err := place.maker(s).Statuses()
	if err != nil {
		return "", err
	}
	var unfit []string
	for _, st := range list {
		if st.State != prompts.Built && st.State != prompts.Leftover {
			unfit = append(unfit, fmt.Sprintf("%s is %s", st.Name(), st.State))
		}
	}
	const shown = 5
	switch {
	case len(unfit) == 0:
		return fmt.Sprintf("%d files in %s", len(list), place.made), nil
	case len(unfit) > shown:
		unfit = append(unfit[:shown], fmt.Sprintf("and %d more", len(unfit)-shown))
	}
	return "", errors.New(strings.Join(unfit, ", "))
}

// promptsFound is the doctor's look at the prompts; none where there are none.
func promptsFound(s *settings) []finding {
	if len(s.Center.Prompts.List) == 0 {
		return nil
	}
	detail, err := promptsFit(s)
	return []finding{{name: "prompts", err: err, detail: detail, mend: mendPrompts}}
}
