package identity

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestAttemptGoesOnInAnotherProcess(t *testing.T) {
	began := time.Date(2026, 3, 2, 9, 0, 0, 500, time.UTC)
	a := NewAttempt("/contacts?queue=support", began)
	b, err := ParseAttempt(a.String())
	if err != nil || b.Back() != a.Back() || b.State() != a.State() || b.nonce() != a.nonce() || b.verifier() != a.verifier() {
		t.Errorf("%+v, %v", b, err)
	}
	if len(map[string]bool{a.State(): true, a.nonce(): true, a.verifier(): true, a.seed: true, NewAttempt("/", began).State(): true}) != 5 {
		t.Error("secrets are the same")
	}
	for name, c := range map[string]struct {
		state string
		after time.Duration
		want  bool
	}{
		"at once": {a.State(), 0, true}, "just in time": {a.State(), AttemptLife - time.Second, true}, "too late": {a.State(), AttemptLife + time.Second, false},
		"of another": {NewAttempt("/", began).State(), 0, false}, "none": {"", 0, false},
	} {
		if b.Answers(c.state, began.Add(c.after)) != c.want {
			t.Error(name)
		}
	}

	// Whatever is changed in the cookie, the state fits no longer: neither time nor path can be.
	parts := strings.Split(a.String(), ".")
	for _, forged := range []string{
		"1999999999." + parts[1] + "." + parts[2],
		parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString([]byte("/elsewhere")),
		parts[0] + "." + strings.Repeat("A", 43) + "." + parts[2],
	} {
		if b, err := ParseAttempt(forged); err != nil || b.Answers(a.State(), began) {
			t.Errorf("%s: %v", forged, err)
		}
	}
}

func FuzzParseAttempt(f *testing.F) {
	for _, cookie := range []string{"", "1.2.3", "..", NewAttempt("/desk", time.Unix(1772442000, 0)).String(), "x." + strings.Repeat("A", 43) + ".", "1." + strings.Repeat("A", 43) + ".*"} {
		f.Add(cookie)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		a, err := ParseAttempt(cookie)
		if err != nil {
			return
		}
		if b, err := ParseAttempt(a.String()); err != nil || b.String() != a.String() {
			t.Errorf("%q is read as %q, %v", cookie, a.String(), err)
		}
	})
}
