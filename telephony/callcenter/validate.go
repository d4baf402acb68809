package callcenter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/problem"
	"firstline/telephony/ivr"
)

// Limits of durations in a plan.
const (
	minRing     = time.Second
	maxRing     = 10 * time.Minute
	maxDuration = 24 * time.Hour
)

// Validate names every mistake of a plan. Paths are those of firstline.yaml, where each part of a plan stands under the
// same name.
func (p *Plan) Validate() []problem.Problem {
	v := &validator{plan: p}
	v.queues()
	v.agents()
	v.seats()
	v.entries()
	v.features()
	v.transfers()
	v.lookup()
	v.routing()
	v.outbound()
	v.at("schedules", ivr.ValidateSchedules(p.Schedules))
	v.at("ivr", ivr.ValidateFlows(p.Flows, ivr.Known{Schedules: scheduleIDs(p.Schedules), Queues: p.queueIDs(), Dialled: len(p.Extensions()) > 0, Incidents: len(p.Incidents) > 0}))
	v.incidents()
	return v.problems
}

// incidents: one that no flow tells of would be switched on in vain.
func (v *validator) incidents() {
	v.at("incidents", ivr.ValidateIncidents(v.plan.Incidents))
	tells := slices.ContainsFunc(v.plan.Flows, func(f ivr.Flow) bool { return f.Has(ivr.TypeIncident) })
	if len(v.plan.Incidents) > 0 && !tells {
		v.add("incidents", "no flow tells callers of incidents", "put a node {type: incident, next: …} where callers are to hear of them")
	}
}

func (p *Plan) queueIDs() []string {
	ids := make([]string, len(p.Queues))
	for i, q := range p.Queues {
		ids[i] = q.ID
	}
	return ids
}

func scheduleIDs(schedules []ivr.Schedule) []string {
	ids := make([]string, len(schedules))
	for i, s := range schedules {
		ids[i] = s.ID
	}
	return ids
}

// validator gathers the problems of a plan.
type validator struct {
	plan     *Plan
	problems []problem.Problem
}

func (v *validator) add(path, message, mend string) {
	v.problems = append(v.problems, problem.Problem{Path: path, Message: message, Mend: mend})
}

func (v *validator) at(prefix string, problems []problem.Problem) {
	v.problems = append(v.problems, problem.At(prefix, problems)...)
}

func (v *validator) queues() {
	if len(v.plan.Queues) == 0 {
		v.add("queues", "no queue is defined", "write at least one, for example {id: support, name: Support}")
	}
	ids := v.plan.queueIDs()
	for i, q := range v.plan.Queues {
		at := fmt.Sprintf("queues.%d.", i)
		v.id(at+"id", "queue", q.ID, ids[:i])
		v.queueTimes(at, q)
		if q.MaxMissed < 0 {
			v.add(at+"max_missed", "a negative number of misses", "write 0 for never, or the number of misses in a row")
		}
		if q.MaxLength < 0 {
			v.add(at+"max_length", "a negative length", "write 0 for any, or the greatest number of waiting callers")
		}
		v.overflow(at, q, ids)
	}
}

func (v *validator) queueTimes(at string, q Queue) {
	if q.RingTimeout < minRing || q.RingTimeout > maxRing {
		v.add(at+"ring_timeout", fmt.Sprintf("a phone can't ring for %s", q.RingTimeout), "write a time from 1s to 10m, for example 15s")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"wrap_up", q.WrapUp}, {"wrap_up_extend", q.WrapUpExtend}, {"retry_delay", q.RetryDelay}, {"max_wait", q.MaxWait},
		{"announce_first", q.AnnounceFirst}, {"announce_every", q.Announce}, {"service_level", q.ServiceLevel},
		{"short_abandon", q.ShortAbandon}, {"leave_empty", q.LeaveEmpty}, {"comfort_every", q.ComfortEvery}, {"max_expected", q.MaxExpected},
	} {
		if d.value < 0 || d.value > maxDuration {
			v.add(at+d.name, fmt.Sprintf("%s is no useful time", d.value), "write a time from 0s to 24h, for example 30s")
		}
	}
	if q.ComfortEvery > 0 && q.ComfortEvery < 5*time.Second {
		v.add(at+"comfort_every", fmt.Sprintf("something said every %s leaves no room for music", q.ComfortEvery), "write 5s or more")
	}
	if (q.ComfortEvery > 0) != (len(q.ComfortMedia) > 0) {
		v.add(at+"comfort_every", "comfort_media and comfort_every go together", "write both, or leave both out")
	}
	if q.AnnounceWait && q.Announce == 0 && q.AnnounceFirst == 0 {
		v.add(at+"announce_wait", "the wait is told with the position, which is never told", "write announce_first, announce_every or both")
	}
	if len(q.WaitMedia) > 0 && !slices.Contains(q.WaitMedia, saidUntil) {
		v.add(at+"wait_media", "how long the wait may be is not said", `put "{until}" where its minutes are to be said`)
	}
	if q.Staff != StaffLoggedIn && q.Staff != StaffActive {
		v.add(at+"staff", fmt.Sprintf("%q is nobody who could be there", q.Staff), "write logged_in or active")
	}
	if q.Announce > 0 && q.Announce < 5*time.Second {
		v.add(at+"announce_every", fmt.Sprintf("announcements every %s leave no room for music", q.Announce), "write 5s or more")
	}
}

func (v *validator) overflow(at string, q Queue, ids []string) {
	switch {
	case q.Overflow == "":
	case !slices.Contains(ids, q.Overflow):
		v.add(at+"overflow", fmt.Sprintf("queue %q is not defined", q.Overflow), "name one of "+strings.Join(ids, ", "))
	case q.MaxWait == 0:
		v.add(at+"overflow", "the queue never overflows without max_wait", "write max_wait, for example 5m, or leave overflow out")
	case q.Overflow == q.ID:
		v.add(at+"overflow", "the queue overflows into itself", "name another queue, or leave overflow out")
	}
}

// id checks that an id is there, can be part of other ids, and is not taken.
func (v *validator) id(path, what, id string, earlier []string) {
	switch {
	case id == "":
		v.add(path, "a "+what+" has no id", "give it one, of letters, digits, - and _")
	case strings.Trim(id, idLetters) != "":
		v.add(path, fmt.Sprintf("%s id %q has letters that ids can't have", what, id), "use letters a-z, A-Z, digits, ., - and _ only")
	case slices.Contains(earlier, id):
		v.add(path, fmt.Sprintf("%s %q is defined twice", what, id), "give each "+what+" an id of its own")
	}
}

const idLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

func (v *validator) agents() {
	ids := make([]string, len(v.plan.Agents))
	endpoints := make([]string, len(v.plan.Agents))
	queues := v.plan.queueIDs()
	for i, a := range v.plan.Agents {
		at := fmt.Sprintf("agents.%d.", i)
		v.id(at+"id", "agent", a.ID, ids[:i])
		if a.Endpoint != "" || len(v.plan.Seats) == 0 {
			v.endpoint(at+"endpoint", a.Endpoint, endpoints[:i])
		}
		ids[i], endpoints[i] = a.ID, a.Endpoint
		for j, q := range a.Queues {
			if !slices.Contains(queues, q) {
				v.add(fmt.Sprintf("%squeues.%d", at, j), fmt.Sprintf("queue %q is not defined", q), "name one of "+strings.Join(queues, ", "))
			}
		}
		for _, skill := range slices.Sorted(maps.Keys(a.Skills)) {
			if a.Skills[skill] < 1 {
				v.add(at+"skills."+skill, "a skill's level is below 1", "write a level of 1 or more, or leave the skill out")
			}
		}
		if a.WrapUp != nil && (*a.WrapUp < 0 || *a.WrapUp > maxDuration) {
			v.add(at+"wrap_up", fmt.Sprintf("%s is no useful time", *a.WrapUp), "write a time from 0s to 24h")
		}
	}
}

func (v *validator) endpoint(path, endpoint string, earlier []string) {
	tech, name, ok := strings.Cut(endpoint, "/")
	switch {
	case !ok || tech == "" || name == "":
		v.add(path, fmt.Sprintf("%q is no phone", endpoint), "write technology and name, for example PJSIP/101")
	case slices.Contains(earlier, endpoint):
		v.add(path, fmt.Sprintf("phone %q belongs to two agents", endpoint), "give each agent a phone of his own")
	}
}

func (v *validator) features() {
	f := v.plan.Features
	codes := []struct{ name, code string }{{"login", f.Login}, {"logout", f.Logout}, {"ready", f.Ready}, {"pause", f.Pause}}
	for i, c := range codes {
		path := "features." + c.name
		switch {
		case c.code == "":
			continue
		case strings.Trim(c.code, "0123456789*#") != "":
			v.add(path, fmt.Sprintf("%q can't be dialled", c.code), `write digits, * and #, for example "*11"`)
		case slices.ContainsFunc(codes[:i], func(o struct{ name, code string }) bool { return o.code == c.code }):
			v.add(path, fmt.Sprintf("code %q is given twice", c.code), "give each feature a code of its own")
		case c.name != "pause" && f.Pause != "" && strings.HasPrefix(c.code, f.Pause):
			v.add(path, fmt.Sprintf("code %q begins with the pause code %q, whose further digits name the reason", c.code, f.Pause), "choose another code")
		case f.loginCode(c.code):
			v.add(path, fmt.Sprintf("code %q is what the agent of number %s would log in by", c.code, strings.TrimPrefix(c.code, f.Login+numberMark)), "choose another code")
		}
	}
	if f.Pause != "" && len(v.plan.Pauses) == 0 {
		v.add("features.pause", "there is a pause code but no pause reason", "write pause_reasons, for example [break, lunch]")
	}
	v.distinct("pause_reasons", "reason", v.plan.Pauses)
	if slices.Contains(v.plan.Billable, fact.AutoPauseReason) {
		at := slices.Index(v.plan.Pauses, fact.AutoPauseReason)
		v.add(fmt.Sprintf("pause_reasons.%d.billable", at), fmt.Sprintf("%q is the pause after missed calls, which is no paid work", fact.AutoPauseReason), "take billable out, or choose another name")
	}
	v.distinct("dispositions", "code", v.plan.Codes)
}

// transfers: what agents dial must lead to one thing.
func (v *validator) transfers() {
	t := v.plan.Transfers
	if t.RingTimeout != 0 && (t.RingTimeout < minRing || t.RingTimeout > maxRing) {
		v.add("transfers.ring_timeout", fmt.Sprintf("a phone can't ring for %s", t.RingTimeout), "write a time from 1s to 10m, for example 20s")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"wait", t.Wait}, {"wrap_up", t.WrapUp}} {
		if d.value < 0 || d.value > maxDuration {
			v.add("transfers."+d.name, fmt.Sprintf("%s is no useful time", d.value), "write a time from 0s to 24h, for example 45s")
		}
	}
	taken := map[string]string{}
	for i, q := range v.plan.Queues {
		v.extension(fmt.Sprintf("queues.%d.extension", i), q.Extension, "queue "+q.ID, taken)
	}
	for i, a := range v.plan.Agents {
		v.extension(fmt.Sprintf("agents.%d.extension", i), a.Extension, "agent "+a.ID, taken)
	}
}

func (v *validator) extension(path, number, of string, taken map[string]string) {
	code := func(c string) bool { return c != "" && c == number }
	f := v.plan.Features
	switch {
	case number == "":
		return
	case strings.Trim(number, "0123456789*#") != "":
		v.add(path, fmt.Sprintf("%q can't be dialled", number), `write digits, * and #, for example "601"`)
	case taken[number] != "":
		v.add(path, fmt.Sprintf("%q is the extension of %s already", number, taken[number]), "give each queue and agent an extension of its own")
	case code(f.Login) || code(f.Logout) || code(f.Ready) || f.Pause != "" && strings.HasPrefix(number, f.Pause) || f.loginCode(number):
		v.add(path, fmt.Sprintf("%q is a feature code", number), "choose another extension")
	}
	taken[number] = of
}

// distinct checks a list of names.
func (v *validator) distinct(path, what string, names []string) {
	for i, name := range names {
		at := path + "." + strconv.Itoa(i)
		if strings.TrimSpace(name) == "" {
			v.add(at, "a "+what+" has no name", "write a name, or take the line out")
		}
		if slices.Contains(names[:i], name) {
			v.add(at, fmt.Sprintf("%s %q stands twice", what, name), "take one of the two out")
		}
	}
}

func (v *validator) lookup() {
	if t := v.plan.Lookup.Timeout; t < 0 || t > time.Minute {
		v.add("integrations.tickets.timeout", fmt.Sprintf("%s is no useful time to wait for an answer", t), "write a time from 0s to 1m, for example 2s")
	}
	if v.plan.TicketURL != "" && !strings.Contains(v.plan.TicketURL, "{id}") {
		v.add("integrations.tickets.ticket_url", "the link does not say where the ticket's id goes", "write {id} in its place")
	}
}
