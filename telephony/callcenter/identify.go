package callcenter

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// lookupMargin is how much longer than the executor's time-out the core waits for a lookup's answer.
const lookupMargin = time.Second

// lookupNumber asks who calls, by the number. The call goes on meanwhile.
func (c *Center) lookupNumber(ct *contact) {
	if c.planFor(ct).Lookup.ByNumber && ct.Number != "" {
		c.lookup(ct, lookup{Method: fact.LookupByNumber, Value: ct.Number})
	}
}

// lookupFor asks what a flow wants to know. The answer comes at once where it is known already: a number that was looked up
// is not looked up again unless that failed. "" = it comes later.
func (c *Center) lookupFor(ct *contact, l ivr.Lookup) fact.LookupResult {
	if l.Method == fact.LookupByDigits {
		c.lookup(ct, lookup{Method: l.Method, Value: l.Digits, Digits: len(l.Digits), Secret: l.Secret})
		return ""
	}
	known := ct.Who.ByNumber
	switch {
	case ct.Number == "":
		return fact.LookupNotFound
	case known == fact.LookupFound || known == fact.LookupNotFound:
		return known
	case !ct.looking(l.Method):
		c.lookup(ct, lookup{Method: l.Method, Value: ct.Number})
	}
	return ""
}

func (c *Center) lookup(ct *contact, l lookup) {
	timeout := c.planFor(ct).Lookup.Timeout
	l.ID = part(ct.ID, "l", &ct.Count.Lookup)
	l.Asked = c.stamp(ct)
	l.By = c.now.Add(timeout + lookupMargin)
	ct.Lookups = append(ct.Lookups, l)
	c.touch(ct)
	c.sendLookup(ct, l, timeout)
}

// lookupDone: the ticket system answered, or could not.
func (c *Center) lookupDone(e LookupDone) {
	ct := c.contacts[ownerOfPart(e.Lookup)]
	if ct == nil {
		c.ignore(IgnoredUnknownLookup)
		return
	}
	i := slices.IndexFunc(ct.Lookups, func(l lookup) bool { return l.ID == e.Lookup })
	if i < 0 {
		c.ignore(IgnoredStale)
		return
	}
	c.answerLookup(ct, i, e)
}

// lookupsDue ends the lookups that were never answered; true when there were any.
func (c *Center) lookupsDue(ct *contact) bool {
	any := false
	for {
		i := slices.IndexFunc(ct.Lookups, func(l lookup) bool { return c.passed(l.By) })
		if i < 0 {
			return any
		}
		any = true
		c.answerLookup(ct, i, LookupDone{Lookup: ct.Lookups[i].ID, Result: fact.LookupTimeout})
	}
}

func (c *Center) answerLookup(ct *contact, i int, e LookupDone) {
	l := ct.Lookups[i]
	ct.Lookups = slices.Delete(ct.Lookups, i, i+1)
	if len(ct.Lookups) == 0 {
		ct.Lookups = nil
	}
	found := e.Result == fact.LookupFound
	identified := fact.Identified{
		Lookup: l.ID, Method: l.Method, Result: e.Result, LatencyMS: max(0, ms(c.stamp(ct).Sub(l.Asked))),
	}
	if l.Method == fact.LookupByDigits {
		identified.Digits = l.Value
		if l.Secret {
			identified.Digits = strings.Repeat("*", l.Digits)
		}
	}
	if found {
		ct.Who.Customer, ct.Who.Name = e.Customer, e.CustomerName
		ct.Who.Ticket, ct.Who.Owner = c.withURL(ct, e.Ticket), e.Owner
		identified.Customer, identified.CustomerName, identified.Ticket = e.Customer, e.CustomerName, ct.Who.Ticket
		identified.Owner = e.Owner
	}
	if l.Method == fact.LookupByNumber {
		ct.Who.ByNumber = e.Result
	}
	c.emit(ct, fact.TypeIdentified, identified)
	if found {
		c.reprioritise(ct, e.Priority)
		c.popAgain(ct)
	}
	if ct.Stage == stageFlow && c.planFor(ct).menus.Awaits(ct.Flow.Visit) == l.Method && !ct.looking(l.Method) {
		c.toContact(ct, looked{answer: e.Result})
	}
}

// looking tells whether a lookup is still under way.
func (ct *contact) looking(by fact.LookupMethod) bool {
	return slices.ContainsFunc(ct.Lookups, func(l lookup) bool { return l.Method == by })
}

// looked tells a flow that waits for it how the lookup went.
type looked struct{ answer fact.LookupResult }

func (looked) event() {}

// withURL is the ticket with its link, made by the plan's template where the ticket system gave none.
func (c *Center) withURL(ct *contact, t *fact.TicketRef) *fact.TicketRef {
	if t == nil {
		return nil
	}
	ticket := *t
	if template := c.planFor(ct).TicketURL; ticket.URL == "" && template != "" && ticket.ID != "" {
		ticket.URL = strings.ReplaceAll(template, "{id}", url.PathEscape(ticket.ID))
	}
	return &ticket
}

// popupOf is what the agent of an open offer sees.
func (ct *contact) popupOf(o *offer) fact.Popup { return ct.popup(ct.popFor(o)) }

// popFor is the screen pop of an open offer, with how long the caller had waited when it was made.
func (ct *contact) popFor(o *offer) pop {
	e := ct.Entry
	return pop{ID: o.Pop, Offer: o.ID, Queue: e.Queue, Agent: o.Agent, At: o.At, Wait: e.Carried + ms(o.At.Sub(e.QueuedAt))}
}

func (ct *contact) popup(p pop) fact.Popup {
	return fact.Popup{
		Pop: p.ID, Contact: ct.ID, Offer: p.Offer, Queue: p.Queue, Agent: p.Agent, OfferedAt: p.At, CallerNumber: ct.Number,
		CallerName: ct.Name, Customer: ct.Who.Customer, CustomerName: ct.Who.Name, Language: ct.Language,
		WaitMS: p.Wait, Choices: slices.Concat([]string{}, ct.Choices), Ticket: ct.Who.Ticket,
	}
}

// popFresh is how long a pop is remembered at least: word of it may come when its offer is over.
const popFresh = 30 * time.Second

// newPop sends a screen pop for an open offer.
func (c *Center) newPop(ct *contact, o *offer) {
	o.Pop = part(ct.ID, "p", &ct.Count.Pop)
	for len(ct.Pops) >= keptPops && ct.Pops[0].At.Add(popFresh).Before(o.At) {
		ct.Pops = slices.Clone(ct.Pops[1:])
	}
	ct.Pops = append(ct.Pops, ct.popFor(o))
	c.touch(ct)
	c.sendPop(ct, ct.popupOf(o))
}

// popAgain sends what the agents who are being rung now could not know before.
func (c *Center) popAgain(ct *contact) {
	if ct.Entry == nil {
		return
	}
	for _, o := range ct.Entry.Open {
		c.newPop(ct, o)
	}
}

// popOf finds the pop an event is about.
func (c *Center) popOf(id string) (*contact, *pop) {
	ct := c.contacts[ownerOfPart(id)]
	if ct == nil {
		c.ignore(IgnoredUnknownPop)
		return nil, nil
	}
	for i := range ct.Pops {
		if ct.Pops[i].ID == id {
			return ct, &ct.Pops[i]
		}
	}
	c.ignore(IgnoredUnknownPop)
	return nil, nil
}

// popDone: a channel delivered the pop, or failed to. Late facts: they may follow the contact's end.
func (c *Center) popDone(e PopDone) {
	ct, p := c.popOf(e.Pop)
	if p == nil {
		return
	}
	attempt := max(e.Attempt, 1)
	last := &p.Desk
	if e.Channel == fact.PopWebhook {
		last = &p.Webhook
	}
	if attempt <= *last {
		c.ignore(IgnoredDuplicate)
		return
	}
	*last = attempt
	c.emitPop(ct, p, fact.Pop{Type: fact.TypePopSent, Channel: e.Channel, Result: e.Result, Attempt: attempt, Error: e.Error})
}

// popSeen: the agent's page shows the pop, or the agent opened the ticket from it.
func (c *Center) popSeen(e PopSeen) {
	ct, p := c.popOf(e.Pop)
	if p == nil {
		return
	}
	seen, t := &p.Shown, fact.TypePopShown
	if e.Opened {
		seen, t = &p.Opened, fact.TypePopOpened
	}
	if *seen {
		c.ignore(IgnoredDuplicate)
		return
	}
	*seen = true
	c.emitPop(ct, p, fact.Pop{Type: t, Channel: fact.PopDesk, Result: fact.PopDelivered, Attempt: max(p.Desk, 1)})
}

func (c *Center) emitPop(ct *contact, p *pop, f fact.Pop) {
	f.Pop, f.Offer, f.Queue, f.Agent = p.ID, p.Offer, p.Queue, p.Agent
	f.LatencyMS = ms(c.stamp(ct).Sub(p.At))
	c.emit(ct, f.Type, f)
}
