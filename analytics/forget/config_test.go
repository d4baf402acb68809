package forget

import (
	"testing"
	"time"
)

func TestPeriod(t *testing.T) {
	for text, want := range map[Period]time.Duration{
		"": 0, "90d": 90 * day, "2y": 730 * day, "26w": 182 * day, "36h": 36 * time.Hour, "100y": 36500 * day,
		"90": 0, "d": 0, "0d": 0, "-1d": 0, "1m30": 0, "5 d": 0,
	} {
		if got := text.Of(); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	if p := (Config{Personal: "90d", Contacts: "2y", Tickets: "31d", Recordings: "30d", Audit: "1y", Log: "7d"}).Validate(); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	if p := (Config{}).Validate(); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	for path, c := range map[string]Config{
		"personal": {Personal: "soon"}, "contacts": {Contacts: "30d"}, "tickets": {Tickets: "30d"}, "recordings": {Recordings: "23h"}, "messages": {Messages: "1h"}, "audit": {Audit: "101y"}, "log": {Log: "0s"},
	} {
		if p := c.Validate(); len(p) != 1 || p[0].Path != path || p[0].Mend == "" {
			t.Errorf("%s: %+v", path, p)
		}
	}
}
