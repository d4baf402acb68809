package metric

import (
	"cmp"
	"fmt"
	"slices"

	"firstline/pipeline/fact"
)

// IVRParams is what a report about menus is asked for.
type IVRParams struct {
	Window
	GroupBy []Dimension // ByFlow, ByNode
	Flows   []string    // only these; nil means all
	Queues  []string    // only contacts that joined one of these at some time from LookBack before the window to Beyond; nil means all
}

// IVRTally is what is counted for one row of a report about menus.
type IVRTally struct {
	Visits, Contacts int64
	Choices          map[Choice]int64 // Count is 0 in the keys
	Inputs           map[string]int64 // by fact.InputKind
	Ends             map[string]int64 // visits by how they ended: VisitWentOn, VisitStillIn, VisitCallback, VisitVoicemail or a fact.IVROutcome
	Time             Durations
}

// How a visit to a node ends, beside fact.IVROutcome.
const (
	VisitWentOn    = "went_on"
	VisitStillIn   = "still_in"
	VisitCallback  = "callback"
	VisitVoicemail = "voicemail"
)

// IVRReport answers metrics/ivr: what callers do in the menus.
type IVRReport struct {
	Header
	Queues []string `json:"queues" nullable:"true" doc:"Only contacts that joined one of these queues, before the visit or after it, are counted; null = all contacts"`
	Rows   []IVRRow `json:"rows" nullable:"false" doc:"One row for each interval and group"`
	Total  IVRRow   `json:"total" doc:"The whole window over all groups"`
}

// IVRRow is one row of a report about menus. A visit belongs to the interval in which its node was entered.
type IVRRow struct {
	Group
	Visits   int64    `json:"visits" doc:"How often a node was entered"`
	Contacts int64    `json:"contacts" doc:"Distinct contacts that did"`
	Choices  []Choice `json:"choices" nullable:"false" doc:"Choices taken, by key and the node it led to"`
	Inputs   Inputs   `json:"inputs" doc:"What was heard beside choices"`
	WentOn   int64    `json:"went_on" doc:"Visits that led to another node, or to the same one again"`
	Left     Left     `json:"left" doc:"Visits with which the caller left the menu, by how"`
	StillIn  int64    `json:"still_in" doc:"Visits without an end up to the watermark"`
	Time     Stat     `json:"time" doc:"Time of each ended visit"`
}

// Choice counts one way out of a menu.
type Choice struct {
	Key    string `json:"key" doc:"What was pressed"`
	Target string `json:"target" doc:"The node it led to then"`
	Count  int64  `json:"count" doc:"How often"`
}

// String is the choice as CSV shows it.
func (c Choice) String() string { return fmt.Sprintf("%s>%s=%d", c.Key, c.Target, c.Count) }

// Inputs counts what a menu or a collection heard that was no choice.
type Inputs struct {
	Digits  int64 `json:"digits" doc:"Digits were entered to the end"`
	NoInput int64 `json:"no_input" doc:"Nothing was pressed in time"`
	Invalid int64 `json:"invalid" doc:"What was pressed meant nothing"`
	GaveUp  int64 `json:"gave_up" doc:"The last try was used up"`
	Refused int64 `json:"refused" doc:"The caller said no to the digits read back to him"`
	Unfit   int64 `json:"unfit" doc:"A condition could not be worked out with what is known of the caller"`
}

// Left counts how callers left the menu from a node.
type Left struct {
	Total       int64 `json:"total" doc:"Sum of the others"`
	Queued      int64 `json:"queued" doc:"To a queue"`
	Contained   int64 `json:"contained" doc:"Served, without an agent"`
	Callback    int64 `json:"callback" doc:"Served, after a callback was promised"`
	Voicemail   int64 `json:"voicemail" doc:"Served, after a message was left"`
	Transferred int64 `json:"transferred" doc:"Sent on to a number outside"`
	Abandoned   int64 `json:"abandoned" doc:"The caller hung up here"`
	GaveUp      int64 `json:"gave_up" doc:"Ended by the menu after too many tries"`
	Failed      int64 `json:"failed" doc:"Technical failure"`
}

// NewIVRReport turns tallies into the report.
func NewIVRReport(p IVRParams, tallies map[Key]IVRTally, total IVRTally, fresh Freshness) (IVRReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return IVRReport{}, err
	}
	keys, err := denseKeys(len(buckets), tallies, p.GroupBy)
	if err != nil {
		return IVRReport{}, err
	}
	r := IVRReport{Header: newHeader(p.Window, p.GroupBy), Queues: p.Queues, Rows: []IVRRow{}, Total: total.row()}
	r.Freshness = fresh
	r.Total.Group = newGroup(Key{}, Bucket{From: r.From, Until: r.Until}.Span(), nil)
	for _, k := range keys {
		row := tallies[k].row()
		row.Group = newGroup(k, buckets[k.Bucket].Span(), p.GroupBy)
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func (t IVRTally) row() IVRRow {
	in, end := t.Inputs, t.Ends
	left := Left{
		Queued: end[string(fact.IVRQueued)], Contained: end[string(fact.IVRContained)], Callback: end[VisitCallback], Voicemail: end[VisitVoicemail],
		Transferred: end[string(fact.IVRTransferred)], Abandoned: end[string(fact.IVRHungUp)], GaveUp: end[string(fact.IVRGaveUp)], Failed: end[string(fact.IVRFailed)],
	}
	left.Total = left.Queued + left.Contained + left.Callback + left.Voicemail + left.Transferred + left.Abandoned + left.GaveUp + left.Failed
	r := IVRRow{
		Visits: t.Visits, Contacts: t.Contacts, Choices: []Choice{}, WentOn: end[VisitWentOn], Left: left, StillIn: end[VisitStillIn], Time: t.Time.stat(),
		Inputs: Inputs{
			Digits: in[string(fact.InputDigits)], NoInput: in[string(fact.InputNone)], Invalid: in[string(fact.InputInvalid)],
			GaveUp: in[string(fact.InputGaveUp)], Refused: in[string(fact.InputRefused)], Unfit: in[string(fact.InputUnfit)],
		},
	}
	for c, n := range t.Choices {
		c.Count = n
		r.Choices = append(r.Choices, c)
	}
	slices.SortFunc(r.Choices, func(a, b Choice) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Target, b.Target)) })
	return r
}
