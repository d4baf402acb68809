package asterisk

import (
	"reflect"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/telephony/callcenter"
)

// The end of a channel that is heard while a list is under way, on which the channel is no more, comes before the list, with
// what the channel said before; what is told of others comes behind it.
func TestEndsComeBeforeTheListTheyAreMissingOn(t *testing.T) {
	sink := newCollector()
	in := newInlet(sink, newMetrics(prometheus.NewRegistry()))
	now := time.Now()
	in.event(now, callcenter.CallArrived{Channel: "gone"})
	in.event(now, callcenter.CallArrived{Channel: "ends"})
	in.hold()
	in.event(now, callcenter.DigitPressed{Channel: "stays", Digit: "1"})
	in.event(now, callcenter.DigitPressed{Channel: "gone", Digit: "2"})
	in.event(now, callcenter.PlaybackEnded{Playback: "fl.pb.gone.1"})
	in.event(now, callcenter.ChannelEnded{Channel: "gone", Cause: 16})
	in.event(now, callcenter.ChannelEnded{Channel: "ends", Cause: 16}) // after it was listed
	there := callcenter.Reconciled{Channels: []callcenter.ActualChannel{{ID: "stays", InApp: true}, {ID: "ends", InApp: true}}}
	in.release(now, &there)
	want := []callcenter.Event{
		callcenter.CallArrived{Channel: "gone"}, callcenter.CallArrived{Channel: "ends"},
		callcenter.DigitPressed{Channel: "gone", Digit: "2"}, callcenter.ChannelEnded{Channel: "gone", Cause: 16},
		there,
		callcenter.DigitPressed{Channel: "stays", Digit: "1"}, callcenter.PlaybackEnded{Playback: "fl.pb.gone.1"},
		callcenter.ChannelEnded{Channel: "ends", Cause: 16},
	}
	if got := sink.all(); !reflect.DeepEqual(got, want) {
		t.Errorf("told:%s", list(got))
	}
	if told := in.told(); len(told) != 1 || !told["stays"] {
		t.Errorf("believed to be there: %v", told)
	}
}

// A leg that enters and ends while a list is under way isn't believed to be there behind it; one that enters only is.
func TestLegsThatEnterDuringAList(t *testing.T) {
	sink := newCollector()
	in := newInlet(sink, newMetrics(prometheus.NewRegistry()))
	now := time.Now()
	in.hold()
	in.entered("fl.leg.c.1")
	in.entered("fl.leg.c.2")
	in.event(now, callcenter.ChannelEnded{Channel: "fl.leg.c.1", Cause: 17})
	in.release(now, &callcenter.Reconciled{})
	if told := in.told(); !reflect.DeepEqual(told, map[string]bool{"fl.leg.c.2": true}) {
		t.Errorf("believed to be there: %v", told)
	}
	want := []callcenter.Event{callcenter.ChannelEnded{Channel: "fl.leg.c.1", Cause: 17}, callcenter.Reconciled{}}
	if got := sink.all(); !reflect.DeepEqual(got, want) {
		t.Errorf("told:%s", list(got))
	}
}
