package callcenter

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/number"
	"firstline/telephony/ivr"
)

// Outbound says which numbers outside may be called, and how.
type Outbound struct {
	Endpoint string   // that is dialled, with placeNumber in it; "" = none
	CallerID string   // shown to who is called, "Name <number>"
	Allow    []string // patterns as of Entry.Callers, and only these numbers are called
	Deny     []string // but not these
	Region   string   // country of the numbers that people write without one; "" = they stay as they are
}

// Callback is how callers of a queue are called back.
type Callback struct {
	First    fact.CallbackFirst
	Schedule string        // when calls are made; "" = always
	Attempts int           // to reach the customer, at most
	Retry    time.Duration // between them
	Ring     time.Duration // the customer's phone
	Expire   time.Duration // after which nobody is called any more
	Limit    int           // promised and not called yet; 0 = any
	Greeting []string      // said to who answers, before he is put through
	Confirm  bool          // he must press a key then: a machine would not
}

// OutboundConfig is the section `outbound`.
type OutboundConfig struct {
	Endpoint string   `yaml:"endpoint"`  // what is dialled, with {number} in it: PJSIP/{number}@trunk; empty = no number outside is called
	CallerID string   `yaml:"caller_id"` // shown to who is called: Acme <+49301234567>
	Allow    []string `yaml:"allow"`     // numbers that may be called, or beginnings with * behind them: ["+49*"]; none = nobody
	Deny     []string `yaml:"deny"`      // numbers that may not, though they are among those: ["+49900*"]
}

// CallbackConfig says how callers of a queue are called back who asked for it at a callback node.
type CallbackConfig struct {
	First    fact.CallbackFirst `yaml:"first"`    // whose phone is rung first: agent; or customer, when it is his turn
	Schedule string             `yaml:"schedule"` // id of the schedule by which calls are made; empty = at any time
	Attempts int                `yaml:"attempts"` // to reach the customer, at most
	Retry    time.Duration      `yaml:"retry"`    // before the next attempt
	Ring     time.Duration      `yaml:"ring"`     // the customer's phone rings so long
	Expire   time.Duration      `yaml:"expire"`   // after this nobody is called any more, at most 720h
	Limit    int                `yaml:"limit"`    // callbacks open at a time; then none is promised; 0 = no limit
	Greeting []string           `yaml:"greeting"` // said to who answers, before he is put through
	Confirm  bool               `yaml:"confirm"`  // he must press 1 after the greeting, as an answering machine would not
}

const (
	placeNumber      = "{number}"
	callbackAttempts = 3
	callbackRetry    = 10 * time.Minute
	callbackRing     = 30 * time.Second
	callbackExpire   = 24 * time.Hour
	longestExpire    = 30 * 24 * time.Hour
)

func defaultCallback() CallbackConfig {
	return CallbackConfig{First: fact.FirstAgent, Attempts: callbackAttempts, Retry: callbackRetry, Ring: callbackRing, Expire: callbackExpire}
}

// rule is what the plan has of it.
func (b CallbackConfig) rule() Callback {
	d := defaultCallback()
	return Callback{
		First: cmp.Or(b.First, d.First), Schedule: b.Schedule, Attempts: cmp.Or(b.Attempts, d.Attempts), Retry: cmp.Or(b.Retry, d.Retry),
		Ring: cmp.Or(b.Ring, d.Ring), Expire: cmp.Or(b.Expire, d.Expire), Limit: b.Limit, Greeting: ivr.MediaURIs(b.Greeting), Confirm: b.Confirm,
	}
}

// outside is whom Outbound lets be called, to look up.
type outside struct{ allow, deny callers }

func newOutside(o Outbound) outside {
	return outside{allow: newCallers(Entry{Callers: o.Allow, Listed: true}), deny: newCallers(Entry{Callers: o.Deny, Listed: true})}
}

// dialLetters are those that may stand in what is dialled, behind a +: no @ and no /, by which a caller could choose his own way out.
const dialLetters = "0123456789"

// callable is a number in the form in which it is called; "" = it is not called.
func (p *planState) callable(given string) string { return p.Plan.callable(p.outside, given) }

func (p *Plan) callable(of outside, given string) string {
	if p.Outbound.Endpoint == "" || given == "" {
		return ""
	}
	n := number.Config{Region: p.Outbound.Region}.Form().Of(given)
	if n == "" || strings.Trim(strings.TrimPrefix(n, "+"), dialLetters) != "" || !of.allow.has(n) || of.deny.has(n) {
		return ""
	}
	return n
}

// endpoint is what is dialled for a number.
func (o Outbound) endpoint(n string) string { return strings.ReplaceAll(o.Endpoint, placeNumber, n) }

func (v *validator) outbound() {
	o := v.plan.Outbound
	_, name, ok := strings.Cut(o.Endpoint, "/")
	switch {
	case o.Endpoint == "" && len(o.Allow) > 0:
		v.add("outbound.endpoint", "nothing says how the allowed numbers are dialled", "write it, for example PJSIP/{number}@trunk")
	case o.Endpoint != "" && (!ok || !strings.Contains(name, placeNumber)):
		v.add("outbound.endpoint", fmt.Sprintf("%q does not say where the number goes", o.Endpoint), "write technology and name, with {number} in it: PJSIP/{number}@trunk")
	}
	for _, l := range []struct {
		name string
		list []string
	}{{"allow", o.Allow}, {"deny", o.Deny}} {
		for i, p := range l.list {
			if n := strings.TrimSuffix(p, manyMore); n == "" || strings.Trim(strings.TrimPrefix(n, "+"), dialLetters) != "" {
				v.add(fmt.Sprintf("outbound.%s.%d", l.name, i), fmt.Sprintf("no number that could be dialled fits %q", p), `write a number, or its beginning with * behind it: "+49*"`)
			}
		}
	}
	for i, f := range v.plan.Flows {
		for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
			if n := f.Nodes[id]; n.Type == ivr.TypeTransfer && n.Number != "" && v.plan.callable(newOutside(o), n.Number) == "" {
				v.add(fmt.Sprintf("ivr.%d.nodes.%s.number", i, id), fmt.Sprintf("%s may not be called", n.Number), "let it be called: outbound.endpoint says how, outbound.allow which numbers")
			}
		}
	}
	calls := slices.ContainsFunc(v.plan.Flows, func(f ivr.Flow) bool { return f.Has(ivr.TypeCallback) })
	if calls && len(o.Allow) == 0 {
		v.add("outbound.allow", "callers are promised to be called back, and no number may be called", `write which, for example ["+49*"]`)
	}
}

func (v *validator) callback(at string, b Callback) {
	if b.Attempts == 0 && b.First == "" { // of a plan made without a configuration: nobody is called back
		return
	}
	if b.First != fact.FirstAgent && b.First != fact.FirstCustomer {
		v.add(at+"first", fmt.Sprintf("%q is nobody whose phone could be rung", b.First), "write agent or customer")
	}
	if schedules := scheduleIDs(v.plan.Schedules); b.Schedule != "" && !slices.Contains(schedules, b.Schedule) {
		v.add(at+"schedule", fmt.Sprintf("schedule %q is not defined", b.Schedule), "name one of "+strings.Join(schedules, ", ")+", or leave it out")
	}
	if b.Attempts < 1 || b.Attempts > 100 {
		v.add(at+"attempts", fmt.Sprintf("%d attempts make no callback", b.Attempts), "write 1 to 100, for example 3")
	}
	if b.Limit < 0 {
		v.add(at+"limit", "a negative number of callbacks", "write 0 for any, or the greatest number")
	}
	if b.Ring < minRing || b.Ring > maxRing {
		v.add(at+"ring", fmt.Sprintf("a phone can't ring for %s", b.Ring), "write a time from 1s to 10m, for example 30s")
	}
	if b.Retry < time.Second || b.Retry > longestExpire {
		v.add(at+"retry", fmt.Sprintf("%s is no useful time", b.Retry), "write a time from 1s to 720h, for example 10m")
	}
	if b.Expire < time.Second || b.Expire > longestExpire {
		v.add(at+"expire", fmt.Sprintf("%s is no useful time", b.Expire), "write a time from 1s to 720h, for example 24h")
	}
	if b.Confirm && len(b.Greeting) == 0 {
		v.add(at+"greeting", "he who answers must press 1, and nothing tells him", "write what is said, for example [prompt:this-is-acme-press-1]")
	}
}
