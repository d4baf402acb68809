package query

import (
	"testing"
	"time"
)

func TestArrivedAbout(t *testing.T) {
	at := time.Unix(1764082571, 0)
	for _, id := range []string{"pbx1-1764082571.12", "pbx-north-1764082571.3", "1764082571.12"} {
		if got := arrivedAbout(id); !got.from.Before(at) || !got.until.After(at) || got.until.Sub(got.from) > 3*clocksDiffer {
			t.Errorf("%s: %v", id, got)
		}
	}
	for _, id := range []string{"nobody", "pbx1-", "pbx1-99999999999999.1", ""} {
		if got := arrivedAbout(id); got != anytime() {
			t.Errorf("%q: %v, want any time", id, got)
		}
	}
}
