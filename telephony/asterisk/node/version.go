package node

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// Oldest is the oldest Asterisk that Firstline works with: the first whose outbound websocket keeps events while the
// controller is away.
func Oldest() Version { return Version{22, 5, 0} }

// ErrTooOld is wrapped when Asterisk is older than Oldest.
var ErrTooOld = errors.New("asterisk is too old")

// Version is Asterisk's version: major, minor, patch.
type Version [3]int

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// Less says whether v comes before w.
func (v Version) Less(w Version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

var versionShape = regexp.MustCompile(`(\d+)\.(\d+)(?:\.(\d+))?`)

// ParseVersion finds the version in what Asterisk says of itself: "Asterisk 22.10.1+dfsg+~cs6…", "certified-22.8-cert1". A
// build from git without a number is an error.
func ParseVersion(text string) (Version, error) {
	found := versionShape.FindStringSubmatch(text)
	if found == nil {
		return Version{}, fmt.Errorf("no version in %q", text)
	}
	var v Version
	for i := range v {
		if found[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(found[i+1])
		if err != nil {
			return Version{}, fmt.Errorf("version in %q: %w", text, err)
		}
		v[i] = n
	}
	return v, nil
}

// CheckVersion is ErrTooOld, with the reason, for versions before Oldest.
func CheckVersion(v Version) error {
	if v.Less(Oldest()) {
		return fmt.Errorf("%w: it is %v, and events sent while the controller is away would be lost before %v", ErrTooOld, v, Oldest())
	}
	return nil
}

// InstalledVersion asks the Asterisk in root ("/" or a chroot folder) for its version. ErrTooOld comes with the version.
func InstalledVersion(ctx context.Context, root string) (Version, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(root), "-V")
	enter(cmd, root, nil)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Version{}, fmt.Errorf("run asterisk -V in %s: %w: %s", root, err, out)
	}
	v, err := ParseVersion(string(out))
	if err != nil {
		return Version{}, fmt.Errorf("asterisk -V in %s: %w", root, err)
	}
	return v, CheckVersion(v)
}
