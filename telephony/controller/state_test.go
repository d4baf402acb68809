package controller

import (
	"encoding/json"
	"testing"
	"time"

	"firstline/telephony/callcenter"
)

func TestStateIsWhatTheEncoderWrites(t *testing.T) {
	p := private{At: time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC), Changes: []callcenter.Change{
		{Key: "agent/аня \"<1>\"", Value: json.RawMessage(`{"id":"a"}`)}, {Key: "meta", Value: json.RawMessage(`{"n":[1,2]}`)}}}
	want, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if got := state(p.At, p.Changes); string(got) != string(want) {
		t.Errorf("\n%s, want\n%s", got, want)
	}
	if got := state(p.At, nil); !json.Valid(got) {
		t.Errorf("without changes: %s", got)
	}
}
