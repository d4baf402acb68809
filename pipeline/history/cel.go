package history

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is what an event of CEL says, beside what every row has. Most of it stands in the column eventextra, as JSON.
type Event struct {
	Type      EventType `json:"type"`
	Micros    int       `json:"micros,omitempty"`            // of its time, behind the milliseconds: they only tell events apart
	Bridge    string    `json:"bridge_id,omitempty"`         // entered or left; "" = which one is not told
	How       string    `json:"bridge_technology,omitempty"` // of the bridge
	Source    string    `json:"hangupsource,omitempty"`      // channel that hung up
	Cause     int       `json:"hangupcause,omitempty"`       // Q.850
	Dial      string    `json:"dialstatus,omitempty"`        // how the channel's last Dial went
	Extension string    `json:"extension,omitempty"`         // to which it was transferred
	Asking    string    `json:"bridge2_id,omitempty"`        // bridge in which an agent asked whom he hands the caller on to
}

// EventType is an event's name.
type EventType string

// The events by which a call is told. Asterisk writes more.
const (
	EventStart    EventType = "CHAN_START"
	EventEnd      EventType = "CHAN_END"
	EventAnswer   EventType = "ANSWER"
	EventHangup   EventType = "HANGUP"
	EventEnter    EventType = "BRIDGE_ENTER"
	EventExit     EventType = "BRIDGE_EXIT"
	EventBlind    EventType = "BLINDTRANSFER"
	EventAttended EventType = "ATTENDEDTRANSFER"
	eventUser     EventType = "USER_DEFINED"
)

// silent are the events that Asterisk writes and no fact comes of.
func (t EventType) silent() bool {
	return slices.Contains([]EventType{
		eventUser, "APP_START", "APP_END", "PARK_START", "PARK_END", "PICKUP", "FORWARD", "LINKEDID_END", "LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN",
		"STREAM_BEGIN", "STREAM_END", "DTMF",
	}, t)
}

// Silent tells whether no fact has what a row says: it only has its part in which rows are of one call, and in when that was over.
func (c Detail) Silent() bool { return c.Event != nil && c.Event.Type.silent() }

// telling are those that facts come of.
func (t EventType) telling() bool {
	return slices.Contains([]EventType{EventStart, EventEnd, EventAnswer, EventHangup, EventEnter, EventExit, EventBlind, EventAttended}, t)
}

// old are those of Asterisk 11 and older, which tells of bridges in another way.
func (t EventType) old() bool {
	return slices.Contains([]EventType{
		"BRIDGE_START", "BRIDGE_END", "BRIDGE_UPDATE", "TRANSFER", "HOOKFLASH", "3WAY_START", "3WAY_END", "CONF_ENTER", "CONF_EXIT", "CONF_START", "CONF_END",
	}, t)
}

// ParseCEL reads one event. Column gives a column's text by its name in cel_custom.conf, small letters without what stands around
// it: eventtype, eventtime, cidname, cidnum, ciddnid, exten, context, channame, appname, uniqueid, linkedid, userdeftype, eventextra.
func ParseCEL(column func(name string) string, zone *time.Location) (Detail, *Refusal) {
	c := Detail{
		Source: column("cidnum"), Name: column("cidname"), Dialed: column("ciddnid"), Context: column("context"), Channel: column("channame"),
		App: column("appname"), Unique: column("uniqueid"), Linked: column("linkedid"), Event: &Event{},
	}
	kind := EventType(strings.ToUpper(column("eventtype")))
	if extra := column("eventextra"); extra != "" && kind.telling() {
		if err := json.Unmarshal([]byte(extra), c.Event); err != nil {
			c.doubt("extra", "what stands in eventextra is not what Asterisk writes there: it is left out")
		}
	}
	c.Event.Type = kind
	switch {
	case kind.telling(), kind.silent():
	case strings.EqualFold(column("eventenum"), string(eventUser)), column("userdeftype") != "":
		c.Event.Type = eventUser
	case kind.old():
		return c, refusal("old event", "Asterisk 11 and older write it, and tell of bridges in another way: bring in the call detail records of that time")
	default:
		return c, refusal("unknown event", "%.30q is none that Asterisk writes", column("eventtype"))
	}
	if c.Unique == "" || c.Channel == "" && kind.telling() {
		return c, refusal("no channel", "the event names no channel, or not its uniqueid")
	}
	if exten := column("exten"); kind == EventStart && c.Dialed == "" && !isOwn(exten) {
		c.Dialed = exten
	}
	if c.Name == c.Source {
		c.Name = ""
	}
	return c, c.when(column("eventtime"), zone)
}

// when reads an event's time. In the hour that comes twice it is not before the channel was made, whose uniqueid says when.
func (c *Detail) when(text string, zone *time.Location) *Refusal {
	all, err := c.instants(text, zone)
	if err != nil {
		return err
	}
	if all == nil {
		return refusal("no time", "it does not say when it was")
	}
	c.Start = all[0]
	made, known := createdAt(c.Unique)
	switch {
	case len(all) == 1:
	case known && all[0].Before(made.Add(-far)):
		c.Start = all[1]
	case !known || c.Event.Type != EventStart:
		c.doubt("hour twice", "clocks went back in that hour, and nothing tells which of both is meant: the first")
	}
	c.Event.Micros = c.Start.Nanosecond() / 1000 % 1000
	c.Start = c.Start.Truncate(time.Millisecond)
	c.End = c.Start
	return nil
}

// text tells events of one channel and time apart.
func (e Event) text() string {
	return strings.Join([]string{string(e.Type), strconv.Itoa(e.Micros), e.Bridge, e.Source, strconv.Itoa(e.Cause), e.Dial, e.Extension, e.Asking}, "|")
}

// Over tells whether every channel that the rows tell of has ended. Call detail records are written when it has.
func Over(rows []Detail) bool {
	ended := map[string]bool{}
	for _, r := range rows {
		if r.Event != nil {
			ended[r.Unique] = ended[r.Unique] || r.Event.Type == EventHangup || r.Event.Type == EventEnd
		}
	}
	for _, e := range ended {
		if !e {
			return false
		}
	}
	return true
}
