package registry

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestSessionsOutliveTheProcess(t *testing.T) { each(t, testSessionsOutliveTheProcess) }

func testSessionsOutliveTheProcess(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	r := open()
	token, err := r.BeginSession(ctx, Session{Name: "sue", Proof: []byte("p"), Ends: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open()
	got, err := r.FindSession(ctx, token, now)
	if err != nil || got.Name != "sue" || string(got.Proof) != "p" || got.Ends.Unix() != now.Add(time.Hour).Unix() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.FindSession(ctx, token, now.Add(time.Hour)); !errors.Is(err, ErrNone) {
		t.Errorf("after its end: %v", err)
	}
	if _, err := r.BeginSession(ctx, Session{Name: "adam", Proof: []byte("p"), Ends: now.Add(3 * time.Hour)}, now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n, err := r.CountSessions(ctx, now); err != nil || n != 1 {
		t.Errorf("%d sessions after the sweep, %v", n, err)
	}
}

// TestEndSessions ends one name's, and nobody else's.
func TestEndSessions(t *testing.T) { each(t, testEndSessions) }

func testEndSessions(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	r := open()
	tokens := map[string]string{}
	for token, name := range map[string]string{"first": "sue", "second": "sue", "other": "susan"} {
		var err error
		if tokens[token], err = r.BeginSession(ctx, Session{Name: name, Proof: []byte("p"), Ends: now.Add(time.Hour)}, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.EndSessions(ctx, "sue"); err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]error{"first": ErrNone, "second": ErrNone, "other": nil} {
		if _, err := r.FindSession(ctx, tokens[token], now); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", token, err, want)
		}
	}
}

// TestNoTokenIsStored: who reads the file can't sign in with what he finds.
func TestNoTokenIsStored(t *testing.T) { each(t, testNoTokenIsStored) }

func testNoTokenIsStored(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	r := open()
	token, err := r.BeginSession(ctx, Session{Name: "sue", Proof: []byte("p"), Ends: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := r.MakeKey(ctx, Key{Name: "crm", Ends: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var tokens, keys int
	err = r.db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM sessions WHERE token = ?), (SELECT count(*) FROM keys WHERE hash = ?)", []byte(token), []byte(secret)).Scan(&tokens, &keys)
	if err != nil || tokens+keys != 0 {
		t.Errorf("%d tokens, %d keys, %v", tokens, keys, err)
	}
}
