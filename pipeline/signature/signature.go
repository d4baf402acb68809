// Package signature signs and verifies webhooks, ours to others and others' to us, with one recipe: HMAC-SHA256 over
// "<unix seconds>.<body>", sent as `Firstline-Signature: t=<unix seconds>,v1=<hex>`. It knows no clock and does no I/O.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Header is the HTTP header that carries the signature.
const Header = "Firstline-Signature"

// Tolerance is how far the signed time may be from the verifier's clock; it bounds replays.
const Tolerance = 5 * time.Minute

// Errors of Verify.
var (
	ErrMissing = errors.New("signature: header is missing")
	ErrForm    = errors.New("signature: header is not of the form t=<unix seconds>,v1=<hex>")
	ErrTime    = errors.New("signature: signed time is more than five minutes from now")
	ErrWrong   = errors.New("signature: does not match the body and secret")
)

// Sign returns the header's value for a body sent at the given time.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum(secret, seconds, body))
}

// Verify checks the header's value against the body, in constant time.
func Verify(secret, header string, body []byte, now time.Time) error {
	if header == "" {
		return ErrMissing
	}
	stamp, mac, ok := strings.Cut(header, ",v1=")
	seconds, ok2 := strings.CutPrefix(stamp, "t=")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	given, err2 := hex.DecodeString(mac)
	if !ok || !ok2 || err != nil || err2 != nil {
		return ErrForm
	}
	if !hmac.Equal(given, sum(secret, seconds, body)) {
		return ErrWrong
	}
	if now.Sub(time.Unix(unix, 0)).Abs() > Tolerance {
		return ErrTime
	}
	return nil
}

func sum(secret, seconds string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
