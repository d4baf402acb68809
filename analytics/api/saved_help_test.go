package api

import (
	"context"
	"encoding/json"
	"time"

	"firstline/analytics/registry"
)

// makeSome makes a shared report of sue's, and a rule for the queue support.
func (w *world) makeSome(state *registry.Registry) {
	w.t.Helper()
	w.someReport, w.someRule = "00000000000000a1", "00000000000000b1"
	now := w.api.clock()
	if err := state.MakeReport(context.Background(), registry.Report{ID: w.someReport, Owner: "sue", Made: now, Changed: now, Body: text(w, reportBody(map[string]any{"shared": true}))}); err != nil {
		w.t.Fatal(err)
	}
	if err := state.MakeAlertRule(context.Background(), registry.AlertRule{ID: w.someRule, Made: now, Changed: now, MadeBy: "sue", Body: text(w, ruleBody(nil))}); err != nil {
		w.t.Fatal(err)
	}
}

func text(w *world, v any) string {
	w.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// with is a body with some of its fields changed; a nil value leaves the field out.
func with(body, change map[string]any) map[string]any {
	for k, v := range change {
		body[k] = v
		if v == nil {
			delete(body, k)
		}
	}
	return body
}

func reportBody(change map[string]any) map[string]any {
	return with(map[string]any{
		"name": "Yesterday", "report": "queues", "parameters": map[string]string{"group_by": "queue"}, "window": "yesterday", "tz": "Europe/Berlin", "form": "csv",
	}, change)
}

func ruleBody(change map[string]any) map[string]any {
	return with(map[string]any{"name": "Too long a wait", "kind": "longest_wait", "queues": []string{"support"}, "above_ms": 60_000}, change)
}

func silenceBody(w *world, rule, queue string) map[string]any {
	return map[string]any{"rule": rule, "queue": queue, "until": w.api.clock().Add(time.Hour).Format(time.RFC3339), "reason": "works"}
}

// makeTheirs makes a rule for the queue sales, a silence of it, how it stands, and how a rule for all queues does.
func (w *world) makeTheirs() {
	w.t.Helper()
	ctx, now := context.Background(), w.api.clock().UTC()
	all := text(w, ruleBody(map[string]any{"name": "Anywhere", "queues": nil}))
	for id, body := range map[string]string{"00000000000000b2": text(w, ruleBody(map[string]any{"name": "Sales", "queues": []string{"sales"}})), "00000000000000b3": all} {
		if err := w.api.state.MakeAlertRule(ctx, registry.AlertRule{ID: id, Made: now, Changed: now, MadeBy: "sue", Body: body}); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.api.state.MakeSilence(ctx, registry.Silence{ID: "00000000000000c2", Rule: "00000000000000b2", Ends: now.Add(time.Hour), Made: now, Reason: "works"}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.api.lookAtAlerts(ctx); err != nil {
		w.t.Fatal(err)
	}
}
