// Package parts finds the engines that set-up put on this machine: Asterisk, the ClickHouse library, Kafka, PostgreSQL, SIPp.
// It only looks; deploy/scripts/setup installs. Sub-commands use it for their defaults, tests to say what they need.
package parts

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrMissing is wrapped by every error of this package that says a part is not there.
var ErrMissing = errors.New("part is missing")

// Cache is the folder outside the clone where set-up keeps the engines: $FIRSTLINE_CACHE, or firstline in the user's
// cache folder.
func Cache() string {
	if dir := os.Getenv("FIRSTLINE_CACHE"); dir != "" {
		return dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	return filepath.Join(base, "firstline")
}

// AsteriskRoot is the root folder Asterisk runs in: "/" where the system has its own, else a folder to chroot into.
func AsteriskRoot() (string, error) {
	root := filepath.Join(Cache(), "asterisk")
	if _, err := os.Stat(filepath.Join(root, "usr/sbin/asterisk")); err == nil {
		return root, nil
	}
	if _, err := exec.LookPath("asterisk"); err == nil {
		return "/", nil
	}
	return "", missing("asterisk", root)
}

// ClickHouseLibrary is the path of libchdb.so.
func ClickHouseLibrary() (string, error) {
	return file("libchdb.so", filepath.Join(Cache(), "chdb/package/libchdb.so"))
}

// KafkaClasspath is the Java class path of Apache Kafka.
func KafkaClasspath() (string, error) {
	dir := filepath.Join(Cache(), "kafka")
	jars, _ := filepath.Glob(filepath.Join(dir, "*.jar"))
	if len(jars) == 0 {
		return "", missing("apache kafka", dir)
	}
	if _, err := exec.LookPath("java"); err != nil {
		return "", missing("java", "PATH")
	}
	return filepath.Join(dir, "*"), nil
}

// Postgres is the folder of PostgreSQL's server programs, which Debian keeps out of PATH: the newest there is.
func Postgres() (string, error) {
	const debian = "/usr/lib/postgresql"
	found, _ := filepath.Glob(filepath.Join(debian, "*", "bin", "postgres"))
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }) // by number
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", missing("postgresql", debian+" and PATH")
	}
	return filepath.Dir(path), nil
}

// Program is the path of a program of the system: sipp, chromium.
func Program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", missing(name, "PATH")
	}
	return path, nil
}

func file(name, path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", missing(name, path)
	}
	return path, nil
}

func missing(name, where string) error {
	return fmt.Errorf("%s not found at %s: %w: run `make setup`, or `make test` for what only tests use", name, where, ErrMissing)
}
