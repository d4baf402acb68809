package callcenter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"firstline/telephony/ivr"
)

// Keys of changes.
const (
	keyMeta    = "meta"
	keyContact = "contact/"
	keyAgent   = "agent/"
	keyPlan    = "plan/"
	keyQueue   = "queue/"
)

// finish writes what the Step touched as changes, in the order of their keys.
func (c *Center) finish() Output {
	slices.SortFunc(c.touched.agents, func(a, b *agent) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.touched.contacts, func(a, b *contact) int { return cmp.Compare(a.ID, b.ID) })
	for _, a := range c.touched.agents {
		a.dirty = false
		c.change(keyAgent+a.ID, a)
		c.agenda.set(a)
	}
	for _, ct := range c.touched.contacts {
		ct.dirty = false
		if ct.dropped {
			c.out.Changes = append(c.out.Changes, Change{Key: keyContact + ct.ID})
			continue
		}
		raw := encode(c.public(ct))
		c.out.Changes = append(c.out.Changes, Change{Key: keyContact + ct.ID, Value: raw})
		ct.keep(raw)
		c.agenda.set(ct)
	}
	if c.touched.meta || len(c.out.Changes) > 0 || len(c.touched.plans) > 0 {
		c.meta.At = c.now
		c.change(keyMeta, c.meta)
	}
	c.writePlans()
	slices.SortFunc(c.touched.memories, func(a, b *memory) int { return cmp.Compare(a.Queue, b.Queue) })
	for _, m := range c.touched.memories {
		m.dirty = false
		c.change(keyQueue+m.Queue, m)
	}
	out := c.out
	c.out, c.touched = Output{}, touched{}
	return out
}

func (c *Center) writePlans() {
	for _, p := range c.touched.plans {
		if c.planOf(p.Version) == nil {
			c.out.Changes = append(c.out.Changes, Change{Key: keyPlan + p.Version})
			continue
		}
		c.change(keyPlan+p.Version, p.Plan)
	}
}

func (c *Center) change(key string, v any) {
	c.out.Changes = append(c.out.Changes, Change{Key: key, Value: encode(v)})
}

func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("callcenter: encode %T: %v", v, err)) // plain structs: can't happen
	}
	return raw
}

// public is the contact as it may be written: without the digits of a secret collection, or of a PIN.
func (c *Center) public(ct *contact) *contact {
	hidden := *ct
	if ct.Flow != nil && ct.Flow.Visit.Digits != "" && c.planOf(ct.Plan).menus.Secret(ct.Flow.Visit) {
		f := *ct.Flow
		f.Visit.Digits = ""
		hidden.Flow = &f
	}
	if ct.SignIn != nil && ct.SignIn.Asks == asksPIN {
		s := *ct.SignIn
		s.Digits = ""
		hidden.SignIn = &s
	}
	if slices.ContainsFunc(ct.Lookups, func(l lookup) bool { return l.Secret }) {
		hidden.Lookups = slices.Clone(ct.Lookups)
		for i := range hidden.Lookups {
			if hidden.Lookups[i].Secret {
				hidden.Lookups[i].Value = ""
			}
		}
	}
	return &hidden
}

// keep remembers how an ended contact was written. An hour's ended contacts are most of the state and hardly ever change:
// encoding them anew for each full snapshot would hold all calls up.
func (ct *contact) keep(raw json.RawMessage) {
	ct.written = nil
	if ct.Stage == stageEnded {
		ct.written = raw
	}
}

// Changes is the full state as one change per object, sorted by key: Restore(Changes()) gives an equal centre.
func (c *Center) Changes() []Change {
	var list []Change
	for _, a := range c.agents {
		list = append(list, Change{Key: keyAgent + a.ID, Value: encode(a)})
	}
	for _, id := range slices.Sorted(maps.Keys(c.contacts)) {
		ct := c.contacts[id]
		raw := ct.written
		if raw == nil {
			raw = encode(c.public(ct))
		}
		list = append(list, Change{Key: keyContact + id, Value: raw})
	}
	list = append(list, Change{Key: keyMeta, Value: encode(c.meta)})
	for _, p := range c.plans {
		list = append(list, Change{Key: keyPlan + p.Version, Value: encode(p.Plan)})
	}
	for _, m := range c.memories {
		list = append(list, Change{Key: keyQueue + m.Queue, Value: encode(m)})
	}
	return list
}

// Restore replaces the whole state by the fold of changes: the last one of each key wins. The link counts as lost until
// the next Reconciled. No changes leave the centre as it was. An error means that the changes were not written by this
// package; the centre is then as it was.
func (c *Center) Restore(changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	fold := map[string]json.RawMessage{}
	for _, ch := range changes {
		if ch.Value == nil {
			delete(fold, ch.Key)
			continue
		}
		fold[ch.Key] = ch.Value
	}
	r := empty()
	for _, key := range restoreOrder(fold) {
		if err := r.restore(key, fold[key]); err != nil {
			return fmt.Errorf("restore %s: %w", key, err)
		}
	}
	if err := r.restorePlan(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	r.index()
	r.cold = true // whoever restores has just started
	*c = *r
	return nil
}

// restoreOrder sorts the keys so that plans come before the contacts that refer to them.
func restoreOrder(fold map[string]json.RawMessage) []string {
	rank := func(key string) int {
		if strings.HasPrefix(key, keyPlan) {
			return 0
		}
		return 1
	}
	return slices.SortedFunc(maps.Keys(fold), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

func (c *Center) restore(key string, raw json.RawMessage) error {
	switch {
	case key == keyMeta:
		return json.Unmarshal(raw, &c.meta)
	case strings.HasPrefix(key, keyPlan):
		var plan Plan
		if err := json.Unmarshal(raw, &plan); err != nil {
			return err
		}
		p, err := newPlanState(&plan)
		if err != nil {
			return err
		}
		c.plans = append(c.plans, p)
		return nil
	case strings.HasPrefix(key, keyQueue):
		m := &memory{}
		if err := json.Unmarshal(raw, m); err != nil {
			return err
		}
		c.memories = append(c.memories, m) // keys come in order
		return nil
	case strings.HasPrefix(key, keyAgent):
		a := &agent{}
		if err := json.Unmarshal(raw, a); err != nil {
			return err
		}
		if a.OwnCall != "" {
			a.OwnCalls, a.OwnCall = append(a.OwnCalls, a.OwnCall), ""
		}
		c.addAgent(a)
		return nil
	case strings.HasPrefix(key, keyContact):
		ct := &contact{}
		if err := json.Unmarshal(raw, ct); err != nil {
			return err
		}
		ct.keep(slices.Clone(raw))
		return c.addRestored(ct)
	default:
		return fmt.Errorf("key is none of %s, %s…, %s…, %s…, %s…", keyMeta, keyAgent, keyContact, keyPlan, keyQueue)
	}
}

func (c *Center) addRestored(ct *contact) error {
	if ct.Stage != stageEnded && c.planOf(ct.Plan) == nil {
		return fmt.Errorf("its plan %q is missing", ct.Plan)
	}
	ct.upgrade()
	c.addContact(ct)
	return nil
}

// upgrade turns what versions before transfers, and before several phones rang for one caller, wrote into what is kept now.
func (ct *contact) upgrade() {
	if ct.Segment != nil {
		ct.Segments, ct.Segment = append(ct.Segments, *ct.Segment), nil
	}
	if e := ct.Entry; e != nil && e.Offer != nil {
		e.Open, e.Offer = append(e.Open, e.Offer), nil
	}
	if t := ct.Talk; t != nil && len(t.Parties)+len(t.Guests) == 0 {
		t.Parties = append(t.Parties, party{Agent: t.Agent, Leg: t.Leg, Entry: t.Entry, Queue: t.Queue, Holds: t.Agents})
		t.Agent, t.Leg, t.Entry, t.Queue, t.Agents = "", "", "", "", false
	}
}

// restorePlan puts the plan into force that was.
func (c *Center) restorePlan() error {
	p := c.planOf(c.meta.Plan)
	if p == nil {
		return fmt.Errorf("plan %q is missing", c.meta.Plan)
	}
	c.plan = p
	c.bindAgents()
	return nil
}

// index rebuilds what isn't stored: lines, who is free, the agenda, how often each plan is used.
func (c *Center) index() {
	for _, ct := range c.running {
		c.planOf(ct.Plan).users++
		if ct.Talk != nil && ct.Talk.Consult != nil && !isOurs(ct.Talk.Consult.Ear) {
			c.ears[ct.Talk.Consult.Ear] = ct
		}
		if ct.Entry != nil && !ct.Entry.Unlined {
			c.line(ct.Entry.Queue).insert(ct)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.contacts)) {
		c.agenda.set(c.contacts[id])
	}
	for _, a := range c.agents {
		c.agenda.set(a)
		c.setFree(a)
	}
}

// skillNames is a requirement as facts carry it: "english:2".
func skillNames(skills []ivr.Skill) []string {
	var names []string
	for _, s := range skills {
		names = append(names, fmt.Sprintf("%s:%d", s.Name, s.Level))
	}
	return names
}
