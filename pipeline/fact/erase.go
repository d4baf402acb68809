package fact

// Erase returns the fact without all that can tell who called, or whom an agent called: what Blank leaves out, and what stands in
// events with everything else because it is shown to everybody who sees the contact: texts that people wrote about him (titles of
// tickets, notes), the SIP Call-ID, which mostly ends with the address of his phone, and the number that an agent dialled outside.
// Ids, times and words stay: figures are computed from them, and are the same before and after.
//
// What it empties is what analytics/store empties in the tables; a test of each holds the list.
func Erase(f Fact) Fact {
	f = Blank(f)
	switch d := f.Data.(type) {
	case Arrived:
		d.SIPCallID = ""
		if d.Kind == KindOutbound {
			d.Dialed = ""
		}
		f.Data = d
	case Identified:
		d.Ticket = d.Ticket.untitled()
		f.Data = d
	case ContactEnded:
		d.Ticket = d.Ticket.untitled()
		f.Data = d
	case Disposition:
		d.Note = ""
		f.Data = d
	case VoicemailMarked:
		d.Note = ""
		f.Data = d
	}
	return f
}

// CallerOf is the contact whose caller an erasure of the fact is about. Marks of messages, and tickets, have another subject; "" = none.
func CallerOf(f Fact) string {
	switch d := f.Data.(type) {
	case VoicemailMarked:
		return d.Contact
	case Arrived, Identified, ContactEnded, Disposition:
		return f.Subject
	default:
		return "" // Erase changes nothing
	}
}

// untitled is the same ticket without what somebody wrote about it.
func (t *TicketRef) untitled() *TicketRef {
	if t == nil {
		return nil
	}
	out := *t
	out.Title = ""
	return &out
}
