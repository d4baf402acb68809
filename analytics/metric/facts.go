package metric

import (
	"cmp"
	"time"

	"firstline/pipeline/fact"
)

// Facts is a set of facts sorted into the rows that the definitions speak about: the same rows as the tables of
// analytics/store. Each fact of a contact or agent is expected once; ticket events may repeat.
type Facts struct {
	entriesOpened   map[string]opened[fact.Queued]
	entries         map[string]closed[fact.EntryEnded]
	offersOpened    map[string]opened[fact.Offered]
	offers          map[string]closed[fact.OfferEnded]
	segmentsOpened  map[string]opened[fact.SegmentStarted]
	segments        map[string]closed[fact.SegmentEnded]
	refusals        []opened[fact.QueueRefused]
	arrivals        map[string]opened[fact.Arrived]
	contacts        map[string]closed[fact.ContactEnded]
	statesOpened    []opened[fact.AgentStateBegan]
	states          []opened[fact.AgentStateEnded]
	tickets         map[string]opened[fact.TicketEvent]
	transfersOpened map[string]opened[fact.TransferStarted]
	transfersEnded  map[string]closed[fact.TransferEnded]
	steps           map[string][]step                   // through menus, of each contact
	promises        map[string][]time.Time              // of callbacks, of each contact that asked for them
	messages        map[string][]time.Time              // that callers began to leave, of each contact
	dispositions    map[string]opened[fact.Disposition] // the last one of each contact
	said            map[saidBy]opened[fact.Disposition] // the last one of each agent
	found           map[string]opened[fact.Identified]  // the last customer that look-ups of a contact found
	callbacks       map[string]closed[fact.CallbackEnded]
	watermark       time.Time
	ticketWatermark time.Time
}

// opened is the body of a fact with what its envelope says.
type opened[T any] struct {
	subject  string
	sequence uint64
	at       time.Time
	order    order
	data     T
}

type closed[T any] = opened[T]

// order decides which of several deliveries of a ticket event counts: the one received first.
type order struct {
	received      int64
	source, epoch string
	position      uint64
}

func (a order) before(b order) bool { return a.compare(b) < 0 }

func (a order) compare(b order) int {
	return cmp.Or(cmp.Compare(a.received, b.received), cmp.Compare(a.source, b.source),
		cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.position, b.position))
}

// Read sorts facts. Types that no metric uses are left out.
func Read(facts []fact.Fact) *Facts {
	f := &Facts{
		entriesOpened:   map[string]opened[fact.Queued]{},
		entries:         map[string]closed[fact.EntryEnded]{},
		offersOpened:    map[string]opened[fact.Offered]{},
		offers:          map[string]closed[fact.OfferEnded]{},
		segmentsOpened:  map[string]opened[fact.SegmentStarted]{},
		segments:        map[string]closed[fact.SegmentEnded]{},
		arrivals:        map[string]opened[fact.Arrived]{},
		contacts:        map[string]closed[fact.ContactEnded]{},
		tickets:         map[string]opened[fact.TicketEvent]{},
		transfersOpened: map[string]opened[fact.TransferStarted]{},
		transfersEnded:  map[string]closed[fact.TransferEnded]{},
		steps:           map[string][]step{},
		promises:        map[string][]time.Time{},
		messages:        map[string][]time.Time{},
		dispositions:    map[string]opened[fact.Disposition]{},
		said:            map[saidBy]opened[fact.Disposition]{},
		found:           map[string]opened[fact.Identified]{},
		callbacks:       map[string]closed[fact.CallbackEnded]{},
	}
	for _, x := range facts {
		f.add(x)
	}
	return f
}

func (f *Facts) add(x fact.Fact) {
	if x.Topic() == fact.TopicTickets {
		f.ticketWatermark = later(f.ticketWatermark, x.Time)
	} else {
		f.watermark = later(f.watermark, x.Time)
	}
	switch d := x.Data.(type) {
	case fact.Arrived:
		f.arrivals[x.Subject] = with(x, d)
	case fact.ContactEnded:
		f.contacts[x.Subject] = with(x, d)
	case fact.Queued:
		f.entriesOpened[d.Entry] = with(x, d)
	case fact.EntryEnded:
		f.entries[d.Entry] = with(x, d)
	case fact.QueueRefused:
		f.refusals = append(f.refusals, with(x, d))
	case fact.Offered:
		f.offersOpened[d.Offer] = with(x, d)
	case fact.OfferEnded:
		f.offers[d.Offer] = with(x, d)
	case fact.SegmentStarted:
		f.segmentsOpened[d.Segment] = with(x, d)
	case fact.SegmentEnded:
		f.segments[d.Segment] = with(x, d)
	case fact.AgentStateBegan:
		f.statesOpened = append(f.statesOpened, with(x, d))
	case fact.AgentStateEnded:
		f.states = append(f.states, with(x, d))
	case fact.TicketEvent:
		f.addTicket(x, d)
	case fact.IVREntered, fact.IVRChoice, fact.IVRInput, fact.IVRLeft:
		f.steps[x.Subject] = append(f.steps[x.Subject], step{x.Sequence, x.Time, d})
	case fact.Disposition:
		if last, ok := f.dispositions[x.Subject]; !ok || last.sequence < x.Sequence {
			f.dispositions[x.Subject] = with(x, d)
		}
		who := saidBy{x.Subject, d.Agent}
		if last, ok := f.said[who]; !ok || last.sequence < x.Sequence {
			f.said[who] = with(x, d)
		}
	case fact.TransferStarted:
		f.transfersOpened[d.Transfer] = with(x, d)
	case fact.TransferEnded:
		f.transfersEnded[d.Transfer] = with(x, d)
	case fact.Identified:
		if last, ok := f.found[x.Subject]; d.Result == fact.LookupFound && d.Customer != "" && (!ok || last.sequence < x.Sequence) {
			f.found[x.Subject] = with(x, d)
		}
	case fact.CallbackEnded:
		f.callbacks[x.Subject] = with(x, d)
	case fact.CallbackPromised:
		f.promises[d.Origin] = append(f.promises[d.Origin], x.Time)
	case fact.RecordingStarted:
		if d.Cause == fact.RecordVoicemail {
			f.messages[x.Subject] = append(f.messages[x.Subject], x.Time)
		}
	}
}

func with[T any](x fact.Fact, data T) opened[T] {
	return opened[T]{subject: x.Subject, sequence: x.Sequence, at: x.Time, data: data}
}

// addTicket takes each event of a ticket once: the delivery received first.
func (f *Facts) addTicket(x fact.Fact, d fact.TicketEvent) {
	row := with(x, d)
	row.order = order{received: d.ReceivedMS, source: x.Source, epoch: x.Epoch, position: x.Position}
	id := x.Subject + "/" + d.EventID
	if old, seen := f.tickets[id]; seen && !row.order.before(old.order) {
		return
	}
	f.tickets[id] = row
}

// Watermark is the time of the newest fact about contacts and agents; ok is false when there is none. Ticket events
// don't move it: their time is a foreign clock's.
func (f *Facts) Watermark() (at time.Time, ok bool) { return f.watermark, !f.watermark.IsZero() }

// Open counts the openings of LookBack before the watermark that have no closing.
func (f *Facts) Open() Open {
	since := f.watermark.Add(-LookBack)
	return Open{
		Contacts: unclosed(f.arrivals, f.contacts, since),
		Entries:  unclosed(f.entriesOpened, f.entries, since),
		Offers:   unclosed(f.offersOpened, f.offers, since),
		Segments: unclosed(f.segmentsOpened, f.segments, since),
	}
}

func unclosed[A, B any](began map[string]opened[A], closed map[string]closed[B], since time.Time) (n int64) {
	for id, o := range began {
		if _, ok := closed[id]; !ok && !o.at.Before(since) {
			n++
		}
	}
	return n
}

func (f *Facts) freshness() Freshness {
	fresh := Freshness{Open: f.Open()}
	if at, ok := f.Watermark(); ok {
		fresh.Watermark = &at
	}
	if at := f.ticketWatermark; !at.IsZero() {
		fresh.TicketWatermark = &at
	}
	return fresh
}
