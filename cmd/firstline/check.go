package main

import (
	"context"
	"fmt"
)

// check tells each mistake of the configuration with file, line and mend; and what is none, but worth knowing.
func check(_ context.Context, env *environment) error {
	s, mistakes := readSettings(env.config)
	for _, m := range mistakes {
		_, _ = fmt.Fprintln(env.stdout, m)
	}
	if len(mistakes) > 0 {
		_, _ = fmt.Fprintf(env.stdout, "%d mistakes\n", len(mistakes))
		return errShown
	}
	for _, n := range s.file.Locate(promptNotes(s)) {
		_, _ = fmt.Fprintln(env.stdout, "note:", n)
	}
	_, err := fmt.Fprintf(env.stdout, "%s is right: %d queues, %d agents, %d flows, plan %s\n",
		env.config, len(s.Plan.Queues), len(s.Plan.Agents), len(s.Plan.Flows), s.Plan.Version)
	return err
}

// dump prints the configuration in force. Secrets are not in it: the file only names where they are.
func dump(_ context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	text, err := s.effective()
	if err != nil {
		return err
	}
	_, err = env.stdout.Write(text)
	return err
}
