// Package password makes and verifies the argon2id hashes of passwords and PINs that the configuration names.
//
// Its callers are the API, for people who sign in to the pages, the controller, for agents who log in at a seat, and `firstline hash`.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost of a new hash: OWASP's second recommendation for argon2id. A hash carries its own cost, so these may be raised.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	hashSalt    = 16
	hashKey     = 32

	maxMemory = 256 * 1024 // a hash that costs more is refused, so that a typing error can't eat the memory
	maxTime   = 16
)

var errHash = errors.New("not an argon2id hash of the form $argon2id$v=19$m=…,t=…,p=…$salt$key")

// Hash is what a password is verified by. The zero value fits none.
type Hash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// Make returns the argon2id hash of a password or PIN in PHC form, for the configuration.
func Make(password string) (string, error) {
	if password == "" {
		return "", errors.New("hash password: it is empty")
	}
	salt := make([]byte, hashSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("hash password: draw salt: %w", err)
	}
	h := Hash{memory: hashMemory, time: hashTime, threads: hashThreads, salt: salt}
	h.key = h.derive(password, hashKey)
	return h.String(), nil
}

// Nobody is a hash that no password has, and that takes as long to verify as others.
func Nobody() Hash {
	return Hash{memory: hashMemory, time: hashTime, threads: hashThreads, salt: make([]byte, hashSalt), key: make([]byte, hashKey)}
}

// String is the PHC form.
func (h Hash) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		enc.EncodeToString(h.salt), enc.EncodeToString(h.key))
}

func (h Hash) derive(password string, length int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(length)) //nolint:gosec // ≤ 64, see Parse
}

// Verify compares in constant time.
func (h Hash) Verify(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, len(h.key)), h.key) == 1
}

// Parse reads a hash in PHC form. The error says what form that is.
func Parse(s string) (Hash, error) {
	var h Hash
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil || n != 3 {
		return h, errHash
	}
	var err, err2 error
	h.salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	switch {
	case err != nil, err2 != nil, len(h.salt) < 8, len(h.key) < 16, len(h.key) > 64:
		return h, errHash
	case h.threads < 1, h.time < 1, h.time > maxTime, h.memory < 8*uint32(h.threads), h.memory > maxMemory:
		return h, errHash
	}
	return h, nil
}
