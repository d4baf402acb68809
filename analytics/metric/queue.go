package metric

import (
	"slices"
	"time"
)

// QueueParams is what a queue report is asked for.
type QueueParams struct {
	Window
	GroupBy     []Dimension // ByQueue, ByLanguage, BySkill, ByCustomer, ByAgent and ByTeam (who answered); ByWeekday and ByHour, but not with AttributeEnded
	AttributeBy Attribution
	Queues      []string            // only these; nil means all
	Teams       map[string][]string // teams of each agent
	Limits      Limits
	Brief       bool // only counts, service level, speed of answer and time to abandon: no joins, for the wallboard
}

// Since is the earliest instant at which an entry of the report may have joined: the window's begin, or LookBack before
// it where entries that joined earlier count.
func (p QueueParams) Since() time.Time {
	if p.AttributeBy == AttributeOffered {
		return p.From
	}
	return p.From.Add(-LookBack)
}

// Transfers says that the report counts them: a transfer knows its queue, and nothing else of what entries can be split by.
func (p QueueParams) Transfers() bool {
	return !p.Brief && !slices.ContainsFunc(p.GroupBy, func(d Dimension) bool { return d != ByQueue })
}

// Several says that an entry may count in more than one row: in that of each of its skills, or of its agent's teams.
func (p QueueParams) Several() bool { return p.splits(BySkill) || p.splits(ByTeam) }

// Limits are the parameters of service level and short abandons, milliseconds. Each entry is judged by its own queue's.
type Limits struct {
	Default QueueLimits
	Queues  map[string]QueueLimits
}

// QueueLimits are one queue's parameters.
type QueueLimits struct {
	Queue          string `json:"queue" doc:"Queue id; empty for queues not named"`
	ServiceLevelMS int64  `json:"service_level_ms" doc:"T of the service level in milliseconds"`
	ShortAbandonMS int64  `json:"short_abandon_ms" doc:"An abandoned entry that waited at most this long is short"`
}

// Of returns a queue's limits.
func (l Limits) Of(queue string) QueueLimits {
	if q, ok := l.Queues[queue]; ok {
		return q
	}
	return l.Default
}

// DefaultLimits are those of a queue about which nothing is known: 20 s and 5 s.
func DefaultLimits() Limits {
	return Limits{Default: QueueLimits{ServiceLevelMS: 20_000, ShortAbandonMS: 5_000}}
}

// QueueTally is what is counted for one row of a queue report, before shares and means.
type QueueTally struct {
	Offered, Attributed int64 // entries that joined in the span; entries that belong to it

	Answered, Abandoned, Overflowed, Exited, Callback, Voicemail, LeftEmpty, Withdrawn, Failed int64
	AbandonedShort, StillWaiting, CarriedIn, CarriedOut                                        int64
	AnsweredWithin, AbandonedWithin, CallbackWithin                                            int64
	RefusedFull, RefusedEmpty, RefusedClosed, RefusedLong                                      int64

	SpeedOfAnswer, TimeToAbandon, ArrivalToAgent, QueueingToAgent Durations

	Ring, Talk, Hold, WrapUp, Handle Durations
	Offers                           OfferTally
	Estimates                        EstimateTally
	Transfers                        TransferTally
	Consult                          Durations
}

// EstimateTally counts, of the answered entries whose caller was told an expected wait, how the first one turned out.
type EstimateTally struct {
	Within, Sooner, Later int64
	Expected, Real, Error Durations
}

// OfferTally counts offers by result.
type OfferTally struct {
	Answered, Missed, Declined, Busy, Unavailable, Withdrawn, LostRace, Failed, Ringing int64
}

// QueueReport answers metrics/queues.
type QueueReport struct {
	Header
	AttributeBy Attribution   `json:"attribute_by" doc:"The instant that decides to which interval an entry belongs"`
	Limits      []QueueLimits `json:"limits" nullable:"false" doc:"The limits used, per queue; the one without a queue is for all others"`
	Rows        []QueueRow    `json:"rows" nullable:"false" doc:"One row for each interval and group"`
	Total       QueueRow      `json:"total" doc:"The whole window over all groups, computed from the entries and not from the rows"`
}

// QueueRow is one row of a queue report. Counts that the chosen attribution does not define are null.
type QueueRow struct {
	Group
	Cell
	Offered        *int64 `json:"offered" doc:"Entries that joined the queue in the interval"`
	Answered       int64  `json:"answered" doc:"Entries answered by an agent"`
	Abandoned      *int64 `json:"abandoned" doc:"Entries whose caller hung up while waiting, short ones included"`
	AbandonedShort *int64 `json:"abandoned_short" doc:"Of the abandoned, those that waited at most short_abandon_ms"`
	Overflowed     *int64 `json:"overflowed" doc:"Entries moved on after the maximum wait"`
	Exited         *int64 `json:"exited" doc:"Entries left by a key or to a menu"`
	Callback       *int64 `json:"callback" doc:"Entries left to be called back, and those of callbacks whose customer is called again later"`
	Voicemail      *int64 `json:"voicemail" doc:"Entries left to leave a message"`
	LeftEmpty      *int64 `json:"left_empty" doc:"Entries ended because the queue had no agents left"`
	Withdrawn      *int64 `json:"withdrawn" doc:"Entries taken out by an operator or a plan change"`
	Failed         *int64 `json:"failed" doc:"Entries ended by a technical failure"`
	StillWaiting   *int64 `json:"still_waiting" doc:"Entries that joined in the interval and are open at the watermark"`
	CarriedIn      *int64 `json:"carried_in" doc:"Entries waiting when the interval began; only with attribute_by=ended"`
	CarriedOut     *int64 `json:"carried_out" doc:"Entries waiting when the interval ended or at the watermark; only with attribute_by=ended"`

	Refused         Refused      `json:"refused" doc:"Callers who could not join; never offered"`
	ServiceLevel    ServiceLevel `json:"service_level" doc:"Service level in all four variants"`
	SpeedOfAnswer   Stat         `json:"speed_of_answer" doc:"Wait in this queue of the answered entries"`
	TimeToAbandon   *Stat        `json:"time_to_abandon" doc:"Wait in this queue of the abandoned entries"`
	ArrivalToAgent  Stat         `json:"arrival_to_agent" doc:"From the contact's arrival to the answer, of the answered entries"`
	QueueingToAgent Stat         `json:"queueing_to_agent" doc:"Wait in this and all earlier queues of the contact, of the answered entries"`

	Ring     Stat   `json:"ring" doc:"Ring time of each ended offer of the entries"`
	Talk     Stat   `json:"talk" doc:"Talk time of each handled entry"`
	Hold     Stat   `json:"hold" doc:"Hold time of each handled entry"`
	WrapUp   Stat   `json:"wrap_up" doc:"Wrap-up time of each handled entry"`
	Handle   Stat   `json:"handle" doc:"Talk, hold and wrap-up time of each handled entry"`
	Handling int64  `json:"handling" doc:"Answered entries not yet handled: a stretch is open, or none was recorded"`
	Offers   Offers `json:"offers" doc:"Offers made for the entries, by result"`

	Transfers *Transfers `json:"transfers" doc:"Transfers out of the queue's talks that began in the interval, and callers handed on to the queue; null when split by more than queue"`
	Consult   *Stat      `json:"consult" doc:"Time of each ended attended transfer: waiting for who is asked, and talking to him; null when split by more than queue"`

	Estimates Estimates `json:"estimates" doc:"How the expected waits turned out that callers were told"`
}

// Estimates says how honest the announcements of the expected wait were.
type Estimates struct {
	Told   int64 `json:"told" doc:"Answered entries whose caller was told an expected wait; the first one counts"`
	Within Ratio `json:"within" doc:"answered within the range that was told / told"`
	Sooner int64 `json:"sooner" doc:"Answered before the range began"`
	Later  int64 `json:"later" doc:"Answered after the range had ended"`

	Expected Stat `json:"expected" doc:"Middle of the range that was told, of each of these entries"`
	Real     Stat `json:"real" doc:"Wait in this queue of the same entries"`
	Error    Stat `json:"error" doc:"How far the wait was from the middle of the range, either way: its mean is the mean absolute error"`
}

func newEstimates(t EstimateTally) Estimates {
	told := t.Within + t.Sooner + t.Later
	return Estimates{
		Told: told, Within: NewRatio(t.Within, told), Sooner: t.Sooner, Later: t.Later,
		Expected: t.Expected.stat(), Real: t.Real.stat(), Error: t.Error.stat(),
	}
}

// Refused counts refused joins by reason.
type Refused struct {
	Total   int64 `json:"total" doc:"Sum of the reasons"`
	Full    int64 `json:"full" doc:"The queue was full"`
	Empty   int64 `json:"empty" doc:"No agent was there"`
	Closed  int64 `json:"closed" doc:"The queue was closed"`
	TooLong int64 `json:"too_long" doc:"The expected wait was longer than the queue's max_expected"`
}

func newRefused(t QueueTally) Refused {
	return Refused{
		Total: t.RefusedFull + t.RefusedEmpty + t.RefusedClosed + t.RefusedLong,
		Full:  t.RefusedFull, Empty: t.RefusedEmpty, Closed: t.RefusedClosed, TooLong: t.RefusedLong,
	}
}

// ServiceLevel is never one number without its name. Variants that the attribution does not define are null.
type ServiceLevel struct {
	ThresholdMS      *int64 `json:"threshold_ms" doc:"T in milliseconds; null when the row joins queues of different T"`
	ShortAbandonMS   *int64 `json:"short_abandon_ms" doc:"The limit of short abandons; null when the row joins queues of different limits"`
	Comparator       string `json:"comparator" doc:"How a wait is compared with T: always <="`
	Answered         Ratio  `json:"answered" doc:"answered within T / answered"`
	Offered          *Ratio `json:"offered" doc:"answered within T / (answered + abandoned)"`
	OfferedLessShort *Ratio `json:"offered_less_short" doc:"answered within T / (answered + abandoned - abandoned_short)"`
	ResolvedWithin   *Ratio `json:"resolved_within" doc:"(answered + abandoned + callback within T) / entries of the interval"`
}

// Comparator is how a wait is compared with T and with the short limit.
const Comparator = "<="

// Offers counts offers by result.
type Offers struct {
	Made        int64 `json:"made" doc:"Sum of the results and those still ringing"`
	Answered    int64 `json:"answered" doc:"The agent answered and got the caller"`
	Missed      int64 `json:"missed" doc:"Rang to the ring time-out"`
	Declined    int64 `json:"declined" doc:"The agent pressed reject"`
	Busy        int64 `json:"busy" doc:"The phone was busy"`
	Unavailable int64 `json:"unavailable" doc:"The phone was not reachable"`
	Withdrawn   int64 `json:"withdrawn" doc:"The caller left while it rang"`
	LostRace    int64 `json:"lost_race" doc:"Another agent was faster, or the caller was gone at the answer"`
	Failed      int64 `json:"failed" doc:"Technical failure"`
	Ringing     int64 `json:"ringing" doc:"Not ended up to the watermark"`
	AnswerRate  Ratio `json:"answer_rate" doc:"answered / (made - withdrawn - lost_race - ringing)"`
}

func newOffers(t OfferTally) Offers {
	could := t.Answered + t.Missed + t.Declined + t.Busy + t.Unavailable + t.Failed
	return Offers{
		Made:     could + t.Withdrawn + t.LostRace + t.Ringing,
		Answered: t.Answered, Missed: t.Missed, Declined: t.Declined, Busy: t.Busy, Unavailable: t.Unavailable,
		Withdrawn: t.Withdrawn, LostRace: t.LostRace, Failed: t.Failed, Ringing: t.Ringing,
		AnswerRate: NewRatio(t.Answered, could),
	}
}

// NewQueueReport turns tallies into the report: every interval with every group, shares and means computed. Keys carry
// only what p.GroupBy splits by. It fails when the window can't be cut or the report would be too long.
func NewQueueReport(p QueueParams, tallies map[Key]QueueTally, total QueueTally, fresh Freshness) (QueueReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return QueueReport{}, err
	}
	keys, cells, err := p.denseKeys(buckets, tallies)
	if err != nil {
		return QueueReport{}, err
	}
	r := QueueReport{Header: newHeader(p.Window, p.GroupBy), AttributeBy: p.AttributeBy, Limits: p.limits(), Rows: []QueueRow{}}
	r.Freshness = fresh
	for _, k := range keys {
		queues := p.Queues
		if p.splits(ByQueue) {
			queues = []string{k.Queue}
		}
		row := p.row(tallies[k], queues)
		row.Group, row.Cell = newGroup(k, buckets[k.Bucket].Span(), p.GroupBy), cells.of(k, p.GroupBy)
		r.Rows = append(r.Rows, row)
	}
	r.Total = p.row(total, p.Queues)
	r.Total.Group = newGroup(Key{}, Bucket{From: r.From, Until: r.Until}.Span(), nil)
	return r, nil
}

func (p QueueParams) splits(d Dimension) bool {
	for _, x := range p.GroupBy {
		if x == d {
			return true
		}
	}
	return false
}

// limits lists the limits the report used: the default and those of single queues.
func (p QueueParams) limits() []QueueLimits {
	out := []QueueLimits{p.Limits.Default}
	out[0].Queue = ""
	for _, id := range sortedKeys(p.Limits.Queues) {
		l := p.Limits.Queues[id]
		l.Queue = id
		out = append(out, l)
	}
	return out
}

// rowLimits are the limits of a row over the queues (nil: any queue); a limit in which they differ is nil.
func (p QueueParams) rowLimits(queues []string) (threshold, short *int64) {
	if queues == nil {
		queues = append(sortedKeys(p.Limits.Queues), "")
	}
	same := func(of func(QueueLimits) int64) *int64 {
		var v *int64
		for _, q := range queues {
			x := of(p.Limits.Of(q))
			if v != nil && *v != x {
				return nil
			}
			v = &x
		}
		return v
	}
	return same(func(l QueueLimits) int64 { return l.ServiceLevelMS }), same(func(l QueueLimits) int64 { return l.ShortAbandonMS })
}

// row computes one row; queues are those it may join (nil: any).
func (p QueueParams) row(t QueueTally, queues []string) QueueRow {
	row := QueueRow{
		Answered:        t.Answered,
		Refused:         newRefused(t),
		ServiceLevel:    p.serviceLevel(t, queues),
		SpeedOfAnswer:   t.SpeedOfAnswer.stat(),
		ArrivalToAgent:  t.ArrivalToAgent.stat(),
		QueueingToAgent: t.QueueingToAgent.stat(),
		Ring:            t.Ring.stat(), Talk: t.Talk.stat(), Hold: t.Hold.stat(), WrapUp: t.WrapUp.stat(), Handle: t.Handle.stat(),
		Handling: t.Answered - t.Handle.Count,
		Offers:   newOffers(t.Offers), Estimates: newEstimates(t.Estimates),
	}
	if p.Transfers() {
		transfers, consult := newTransfers(t.Transfers), t.Consult.stat()
		row.Transfers, row.Consult = &transfers, &consult
	}
	if p.AttributeBy == AttributeAnswered {
		return row
	}
	abandon := t.TimeToAbandon.stat()
	row.TimeToAbandon = &abandon
	row.Offered, row.StillWaiting = &t.Offered, &t.StillWaiting
	row.Abandoned, row.AbandonedShort = &t.Abandoned, &t.AbandonedShort
	row.Overflowed, row.Exited, row.Callback, row.Voicemail = &t.Overflowed, &t.Exited, &t.Callback, &t.Voicemail
	row.LeftEmpty, row.Withdrawn, row.Failed = &t.LeftEmpty, &t.Withdrawn, &t.Failed
	if p.AttributeBy == AttributeEnded {
		row.CarriedIn, row.CarriedOut = &t.CarriedIn, &t.CarriedOut
	}
	return row
}

func (p QueueParams) serviceLevel(t QueueTally, queues []string) ServiceLevel {
	threshold, short := p.rowLimits(queues)
	s := ServiceLevel{
		ThresholdMS: threshold, ShortAbandonMS: short, Comparator: Comparator,
		Answered: NewRatio(t.AnsweredWithin, t.Answered),
	}
	if p.AttributeBy == AttributeAnswered {
		return s
	}
	offered := NewRatio(t.AnsweredWithin, t.Answered+t.Abandoned)
	less := NewRatio(t.AnsweredWithin, t.Answered+t.Abandoned-t.AbandonedShort)
	resolved := NewRatio(t.AnsweredWithin+t.AbandonedWithin+t.CallbackWithin, t.Attributed)
	s.Offered, s.OfferedLessShort, s.ResolvedWithin = &offered, &less, &resolved
	return s
}
