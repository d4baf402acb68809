package asterisk

import (
	"testing"
	"time"

	"firstline/pipeline/number"
	"firstline/telephony/callcenter"
)

// TestNumbersInOneForm: wherever a caller's number comes from, the core gets it in the one form.
func TestNumbersInOneForm(t *testing.T) {
	a, sink := newAdapter(t, DefaultConfig())
	for _, c := range []struct{ region, given, want string }{
		{"DE", "030123456", "+4930123456"}, {"DE", "101", "101"}, {"DE", "anonymous", ""}, {"", "030123456", "030123456"},
	} {
		a.SetNumbers(number.Config{Region: c.region}.Form())
		ch := channel{ID: "pbx1-1.1", Name: "PJSIP/trunk-1"}
		ch.Caller.Number = c.given
		arrived, ok := translate(frame{Type: typeStart, Channel: ch}, nobody, a.numbers()).(callcenter.CallArrived)
		if !ok || arrived.Number != c.want {
			t.Errorf("%s: arrived %+v", c.given, arrived)
		}
		if there := a.actual([]channel{ch}, nil); there.Channels[0].Number != c.want {
			t.Errorf("%s: listed as %+v", c.given, there.Channels[0])
		}
		a.tellLine(time.Time{}, callcenter.FallbackEvent{Channel: "pbx1-1.1", Number: c.given})
		told := sink.all()
		if line, ok := told[len(told)-1].(callcenter.FallbackEvent); !ok || line.Number != c.want {
			t.Errorf("%s: queue_log says %+v", c.given, told[len(told)-1])
		}
	}
}
