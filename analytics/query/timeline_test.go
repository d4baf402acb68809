package query

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
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

// Facts of newer versions only, or none, ask nothing.
func TestSaidOfNothing(t *testing.T) {
	r := New(nil, DefaultConfig(), time.Now)
	for _, facts := range [][]fact.Fact{nil, {{Type: "hologram.shown", Subject: "pbx1-1.1"}}} {
		if said, err := r.said(t.Context(), facts, "pbx1-1.1"); err != nil || len(said) != 0 {
			t.Errorf("%v: %v %v", facts, said, err)
		}
	}
}
