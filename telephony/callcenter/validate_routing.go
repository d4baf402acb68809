package callcenter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxAge bounds what a point of priority may be worth.
const maxAge = time.Hour

// routing checks who is rung for whom.
func (v *validator) routing() {
	if v.plan.Age < 0 || v.plan.Age > maxAge {
		v.add("priority_age", fmt.Sprintf("%s is no useful time", v.plan.Age), "write a time from 0s to 1h, for example 1m")
	}
	for i, q := range v.plan.Queues {
		v.queueRouting(fmt.Sprintf("queues.%d.", i), q)
	}
	queues := v.plan.queueIDs()
	for i, a := range v.plan.Agents {
		v.perQueue(fmt.Sprintf("agents.%d.tiers", i), "tier", a.Tiers, a.Queues, queues)
		v.perQueue(fmt.Sprintf("agents.%d.weights", i), "weight", a.Weights, a.Queues, queues)
	}
	skills := v.plan.skillNames()
	for _, r := range v.plan.requirements() {
		if _, err := compileRequirement(r.text, skills); err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			v.add(r.path, fmt.Sprintf("%q can't be used: %s", r.text, first), "write a condition over skills that agents have"+among(skills)+`, for example "de >= 2 and vip > 0"`)
		}
	}
	v.flowSkills(skills)
}

// among lists what there is to choose from, if anything.
func among(names []string) string {
	if len(names) == 0 {
		return " (none has any)"
	}
	return " (" + strings.Join(names, ", ") + ")"
}

func (v *validator) queueRouting(at string, q Queue) {
	if !slices.Contains(strategies(), q.Strategy) {
		names := make([]string, 0, len(strategies()))
		for _, s := range strategies() {
			names = append(names, string(s))
		}
		v.add(at+"strategy", fmt.Sprintf("there is no strategy %q", q.Strategy), "write one of "+strings.Join(names, ", "))
	}
	if q.MaxTier < 0 {
		v.add(at+"max_tier", "a negative tier", "write 0 for any, or the highest tier to be rung")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"prefer_owner", q.PreferOwner}, {"prefer_last", q.PreferLast}} {
		if d.value < 0 || d.value > maxDuration {
			v.add(at+d.name, fmt.Sprintf("%s is no useful time", d.value), "write a time from 0s to 24h, for example 15s")
		}
	}
	if q.KeepPlace < 0 || q.KeepPlace > longestKept {
		v.add(at+"keep_place", fmt.Sprintf("a place can't be kept for %s", q.KeepPlace), "write a time from 0s to 1h, for example 10m")
	}
	v.recording(at+"recording.", q.Recording)
	v.callback(at+"callback.", q.Callback)
	after := time.Duration(0)
	for i, step := range q.Relax {
		path := fmt.Sprintf("%srelax.%d", at, i)
		if step.After <= after || step.After > maxDuration {
			v.add(path+".after", fmt.Sprintf("the step is due after %s, the one before it after %s", step.After, after), "write the steps in the order of their times, the first above 0s, the last at most 24h")
		}
		if step.MaxTier < 0 {
			v.add(path+".max_tier", "a negative tier", "write the highest tier to be rung from then on")
		}
		if step.MaxTier == 0 && step.Requires == "" {
			v.add(path, "the step changes nothing", `write requires, max_tier or both, for example {after: 30s, requires: "true"}`)
		}
		after = step.After
	}
}

const longestRecorded = 10 * 365 * 24 * time.Hour

func (v *validator) recording(at string, r Recording) {
	modes := []RecordingMode{RecordOff, RecordAll, RecordShare, RecordDemand}
	switch {
	case r.Mode != "" && !slices.Contains(modes, r.Mode):
		v.add(at+"mode", fmt.Sprintf("there is no mode %q", r.Mode), "write off, all, share or demand")
	case r.Mode == RecordShare && (r.Share < 1 || r.Share >= whole):
		v.add(at+"share", fmt.Sprintf("%d percent can't be drawn", r.Share), "write 1 to 99, or mode: all")
	case r.Mode != RecordShare && r.Share != 0:
		v.add(at+"share", "a share without the mode for it", "write mode: share")
	}
	if r.Keep < 24*time.Hour && r.Keep != 0 || r.Keep > longestRecorded {
		v.add(at+"keep", fmt.Sprintf("a recording can't be kept for %s", r.Keep), "write a time from 24h to 87600h, for example 2160h for 90 days")
	}
	if r.KeepMessages < 24*time.Hour && r.KeepMessages != 0 || r.KeepMessages > longestRecorded {
		v.add(at+"keep_messages", fmt.Sprintf("a message can't be kept for %s", r.KeepMessages), "write a time from 24h to 87600h, or leave it out")
	}
	if r.PauseOnKeys != 0 && r.PauseOnKeys < time.Second || r.PauseOnKeys > maxDuration {
		v.add(at+"pause_on_keys", fmt.Sprintf("%s is no useful time", r.PauseOnKeys), "write a time from 1s to 24h, for example 15s; leave it out where keys shall pause nothing")
	}
	if r.PauseLimit != 0 && r.PauseLimit < time.Second || r.PauseLimit > maxDuration {
		v.add(at+"pause_limit", fmt.Sprintf("%s is no useful time", r.PauseLimit), "write a time from 1s to 24h, for example 10m")
	}
}

// perQueue checks a number that an agent has in some of his queues.
func (v *validator) perQueue(path, what string, values map[string]int, own, queues []string) {
	for _, q := range slices.Sorted(maps.Keys(values)) {
		at := path + "." + q
		switch {
		case !slices.Contains(queues, q):
			v.add(at, fmt.Sprintf("queue %q is not defined", q), "name one of "+strings.Join(queues, ", "))
		case !slices.Contains(own, q):
			v.add(at, fmt.Sprintf("the agent does not serve queue %q", q), "add it to his queues, or take the "+what+" out")
		case values[q] < 1 || values[q] > maxPerQueue:
			v.add(at, fmt.Sprintf("%d is no %s", values[q], what), fmt.Sprintf("write a number from 1 to %d", maxPerQueue))
		}
	}
}

// maxPerQueue bounds tiers and weights.
const maxPerQueue = 1000

// flowSkills names the skills that callers are asked to find and no agent has: they would wait in vain.
func (v *validator) flowSkills(have []string) {
	for i, f := range v.plan.Flows {
		for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
			for _, skill := range slices.Sorted(maps.Keys(f.Nodes[id].Skills)) {
				if !slices.Contains(have, skill) {
					v.add(fmt.Sprintf("ivr.%d.nodes.%s.skills.%s", i, id, skill), fmt.Sprintf("no agent has the skill %q", skill), "give it to an agent"+among(have)+", or take it out")
				}
			}
		}
	}
}
