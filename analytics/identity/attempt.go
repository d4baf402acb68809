package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AttemptLife is how long somebody may take at the provider.
const AttemptLife = 10 * time.Minute

// Attempt is one sign-in under way. The browser keeps it in a cookie, and nobody else does: state, nonce and PKCE's verifier are drawn
// from it, so that any API process can go on with it. The state goes over the whole of it: one that somebody changed fits no longer.
type Attempt struct {
	began time.Time
	seed  string // 32 random bytes
	back  string // path to which it leads when it is done
}

// NewAttempt draws one that leads back to a path of our own.
func NewAttempt(back string, now time.Time) Attempt {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	return Attempt{began: now.Truncate(time.Second), seed: base64.RawURLEncoding.EncodeToString(raw), back: back}
}

// ParseAttempt reads a cookie.
func ParseAttempt(cookie string) (Attempt, error) {
	parts := strings.Split(cookie, ".")
	if len(parts) != 3 || len(parts[1]) != base64.RawURLEncoding.EncodedLen(32) {
		return Attempt{}, fmt.Errorf("no sign-in is under way in this browser")
	}
	began, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return Attempt{}, fmt.Errorf("read when the sign-in began: %w", err)
	}
	back, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return Attempt{}, fmt.Errorf("read where the sign-in leads: %w", err)
	}
	return Attempt{began: time.Unix(began, 0), seed: parts[1], back: string(back)}, nil
}

// String is the cookie's value.
func (a Attempt) String() string {
	return strconv.FormatInt(a.began.Unix(), 10) + "." + a.seed + "." + base64.RawURLEncoding.EncodeToString([]byte(a.back))
}

// Back is the path to which it leads.
func (a Attempt) Back() string { return a.back }

// State is what the provider sends back with its answer.
func (a Attempt) State() string { return a.draw("state") }

// Answers says whether an answer with this state belongs to the attempt, and comes in time.
func (a Attempt) Answers(state string, now time.Time) bool {
	return subtle.ConstantTimeCompare([]byte(state), []byte(a.State())) == 1 && now.Before(a.began.Add(AttemptLife))
}

func (a Attempt) nonce() string { return a.draw("nonce") }

func (a Attempt) verifier() string { return a.draw("verifier") }

// draw makes independent secrets of one: who sees some of them learns nothing of the others.
func (a Attempt) draw(what string) string {
	mac := hmac.New(sha256.New, []byte(a.String()))
	mac.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
