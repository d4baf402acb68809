package api

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// checkTimeout bounds each check of readiness.
const checkTimeout = 2 * time.Second

// healthz says that the process answers.
func (a *API) healthz(c *fiber.Ctx) error {
	return c.JSON(fiber.Map{"status": "ok", "version": a.version})
}

// readyz says whether every part the API stands on answers, and if not which one. Why stands in the log only.
func (a *API) readyz(c *fiber.Ctx) error {
	missing := a.missing(c.UserContext())
	if len(missing) == 0 {
		return c.JSON(fiber.Map{"status": "ready", "version": a.version})
	}
	e := fail(CodeUnavailable, "not ready: "+missing[0].Location, nil)
	e.Fields, e.told = missing, true
	return e
}

func (a *API) missing(ctx context.Context) []Field {
	results := make([]error, len(a.checks))
	var wg sync.WaitGroup
	for i, check := range a.checks {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			results[i] = check.Test(ctx)
		})
	}
	wg.Wait()
	var out []Field
	if f := a.now.Freshness(); f.Stale {
		out = append(out, Field{"controller", "not heard since " + f.StaleSince.Format(time.RFC3339)})
	}
	if a.tickets != nil {
		if h := a.tickets.Health(); !h.Durable {
			out = append(out, Field{"ticket log", "not durable since " + h.Since.Format(time.RFC3339)})
		}
	}
	for i, err := range results {
		a.noteCheck(i, err)
		if err != nil {
			out = append(out, Field{a.checks[i].Name, "doesn't answer"})
		}
	}
	return out
}

// noteCheck counts and tells of a check that fails: probes come every few seconds, for hours.
func (a *API) noteCheck(i int, err error) {
	name, t := a.checks[i].Name, a.failing[i]
	if err == nil {
		if told := t.Over(); told != nil {
			a.log.Info("readiness check passes again", append(told, "check", name)...)
		}
		return
	}
	a.m.checksFailed.WithLabelValues(name).Inc()
	if told := t.Failed(err); told != nil {
		a.log.Warn("readiness check fails", append(told, "check", name)...)
	}
}
