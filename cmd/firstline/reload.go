package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// reload hands a changed file over at SIGHUP. One with mistakes changes nothing; they are told in the log.
func reload(ctx context.Context, env *environment, take func(*settings) error) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
		}
		s, mistakes := readSettings(env.config)
		for _, m := range mistakes {
			env.log.Error("configuration not taken over", "mistake", m.String())
		}
		if len(mistakes) > 0 {
			continue
		}
		if err := take(s); err != nil {
			env.log.Error("configuration not taken over", "mistake", err)
			continue
		}
		env.log.Info("configuration taken over", "plan", s.Plan.Version)
	}
}
