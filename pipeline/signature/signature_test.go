package signature

import (
	"errors"
	"testing"
	"time"
)

func TestVerify(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	body := []byte(`{"a":1}`)
	good := Sign("secret", now, body)
	for name, c := range map[string]struct {
		secret, header string
		body           string
		now            time.Time
		want           error
	}{
		"good":         {"secret", good, string(body), now, nil},
		"late but ok":  {"secret", good, string(body), now.Add(Tolerance), nil},
		"too late":     {"secret", good, string(body), now.Add(Tolerance + time.Second), ErrTime},
		"from future":  {"secret", good, string(body), now.Add(-Tolerance - time.Second), ErrTime},
		"other body":   {"secret", good, `{"a":2}`, now, ErrWrong},
		"other secret": {"secreT", good, string(body), now, ErrWrong},
		"missing":      {"secret", "", string(body), now, ErrMissing},
		"no form":      {"secret", "v1=00", string(body), now, ErrForm},
		"not hex":      {"secret", "t=1,v1=zz", string(body), now, ErrForm},
	} {
		if err := Verify(c.secret, c.header, []byte(c.body), c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("t=1,v1=00", []byte("x"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if Verify("a secret nobody guesses", header, body, time.Unix(1, 0)) == nil {
			t.Fatalf("accepted %q", header)
		}
	})
}
