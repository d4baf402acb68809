package replay

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// away is the reason of every pause of a replay.
const away = "away"

// entryOf is the number that a replayed caller dials: one for each way of queueing.
func entryOf(c caller, base int) string {
	return strings.Join([]string{c.queue, strconv.Itoa(c.priority - base), strings.Join(c.skills, ","), strings.Join(c.requires, ",")}, "|")
}

// prepare makes a plan to replay by: the menus are behind the callers, so each number leads to its queue at once, by way of
// the look-up that tells whom a ticket belongs to. Nothing is announced, a wrap-up ends when the record says so, and nobody is
// paused for missed calls: when agents were away is in the record.
func prepare(plan callcenter.Plan, t Traffic) (*callcenter.Plan, error) {
	plan.Version = "replay"
	plan.Pauses, plan.Codes, plan.Schedules = []string{away}, nil, nil
	plan.Features = callcenter.Features{}
	plan.Lookup = callcenter.LookupPlan{ByNumber: true, Timeout: time.Second}
	plan.Entries, plan.Flows, plan.Incidents = nil, nil, nil
	plan.Queues = slices.Clone(plan.Queues)
	for i := range plan.Queues {
		q := &plan.Queues[i]
		q.Announce, q.AnnounceFirst, q.WrapUp, q.MaxMissed = 0, 0, time.Hour, 0
		q.Recording = callcenter.Recording{}
		q.AnnounceWait, q.ComfortEvery = false, 0
		q.OverflowMedia, q.FullMedia, q.EmptyMedia, q.ComfortMedia, q.WhisperMedia = nil, nil, nil, nil, nil // a whisper's time is in the rings
	}
	plan.Agents = slices.Clone(plan.Agents)
	plan.Seats = nil
	for i := range plan.Agents {
		a := &plan.Agents[i]
		a.WrapUp, a.Number = nil, ""
		if a.Endpoint == "" { // wherever he sat
			a.Endpoint = "replay/" + a.ID
		}
	}
	for _, c := range t.callers {
		if err := addEntry(&plan, c); err != nil {
			return nil, err
		}
	}
	return &plan, nil
}

func addEntry(plan *callcenter.Plan, c caller) error {
	i := slices.IndexFunc(plan.Queues, func(q callcenter.Queue) bool { return q.ID == c.queue })
	if i < 0 {
		return fmt.Errorf("%s called for queue %q, which the plan does not have", c.contact, c.queue)
	}
	q := plan.Queues[i]
	number := entryOf(c, q.Priority)
	if slices.ContainsFunc(plan.Entries, func(e callcenter.Entry) bool { return e.Number == number }) {
		return nil
	}
	node := ivr.Node{Type: ivr.TypeQueue, Queue: c.queue, Priority: c.priority - q.Priority}
	for _, text := range c.requires {
		if text != q.Requires { // what the queue requires it does by itself
			node.Requires = text
		}
	}
	for _, text := range c.skills {
		name, level, _ := strings.Cut(text, ":")
		n, err := strconv.Atoi(level)
		if err != nil {
			return fmt.Errorf("%s asked for the skill %q, which can't be read", c.contact, text)
		}
		if node.Skills == nil {
			node.Skills = map[string]int{}
		}
		node.Skills[name] = n
	}
	plan.Entries = append(plan.Entries, callcenter.Entry{Number: number, Flow: number})
	plan.Flows = append(plan.Flows, ivr.Flow{ID: number, Start: "who", Nodes: map[string]ivr.Node{
		"who": {Type: ivr.TypeLookup, Next: "queue", NotFound: "queue"}, "queue": node,
	}})
	return nil
}
