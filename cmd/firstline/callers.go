package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"firstline/pipeline/number"
	"firstline/pipeline/problem"
	"firstline/telephony/callcenter"
)

// plan makes the plan of the file, its lists of callers read, and every number in them written as numbers come. It returns
// every mistake; with any there is no plan.
func (s *settings) plan() []problem.Problem {
	center := s.Center
	center.Entries = slices.Clone(s.Center.Entries)
	var mistakes []problem.Problem
	for i := range center.Entries {
		mistakes = append(mistakes, problem.At(fmt.Sprintf("entries.%d", i), fillEntry(&center.Entries[i], s.Numbers.Form()))...)
	}
	plan, problems := center.Plan()
	if mistakes = append(mistakes, problems...); len(mistakes) == 0 {
		s.Plan = plan
	}
	return mistakes
}

// fillEntry reads an entry's file, and writes all its callers as numbers come.
func fillEntry(e *callcenter.EntryConfig, form number.Form) []problem.Problem {
	var out []problem.Problem
	wrong := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	const mend = "write it from the country code on, as +4930*"
	e.Callers = slices.Clone(e.Callers)
	for k, p := range e.Callers {
		if e.Callers[k] = asItComes(p, form); neverComes(p, form) {
			wrong(fmt.Sprintf("callers.%d", k), "with callers.region no number begins as "+p, mend)
		}
	}
	if e.CallersFile == "" {
		return out
	}
	listed, err := readCallers(e.CallersFile)
	if err != nil {
		wrong("callers_file", err.Error(), "name a file with one number a line")
	}
	for k, l := range listed {
		if listed[k].Pattern = asItComes(l.Pattern, form); neverComes(l.Pattern, form) {
			wrong("callers_file", fmt.Sprintf("%s:%d: with callers.region no number begins as %s", e.CallersFile, l.Line, l.Pattern), mend)
		}
	}
	e.Listed = listed
	return out
}

// asItComes is a pattern with the number in it as the core sees it. A number's beginning is no number: it stays.
func asItComes(pattern string, form number.Form) string {
	if strings.HasSuffix(pattern, "*") {
		return pattern
	}
	if n := form.Of(pattern); n != "" || pattern == "" {
		return n
	}
	return "withheld" // some network's word for it
}

// neverComes tells whether a beginning is one that numbers lose where they become E.164: 0 of a national number, 00 of a
// foreign one.
func neverComes(pattern string, form number.Form) bool {
	return form.One() && strings.HasPrefix(pattern, "0") && strings.HasSuffix(pattern, "*")
}

// readCallers reads a list: a pattern a line, # begins a comment. Lines with nothing else are left out.
func readCallers(path string) ([]callcenter.Listed, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own configuration
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("%s can't be read: %w", path, failed.Err)
	}
	var out []callcenter.Listed
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		pattern, _, _ := strings.Cut(line, "#")
		if pattern = strings.TrimSpace(pattern); pattern != "" {
			out = append(out, callcenter.Listed{Pattern: pattern, Line: i + 1})
		}
	}
	return out, err
}
