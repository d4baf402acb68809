package query

import (
	"time"

	"firstline/pipeline/problem"
)

// Config holds the limits of every statement.
type Config struct {
	Timeout  time.Duration `yaml:"timeout"`   // a statement that runs longer fails
	MaxRows  int           `yaml:"max_rows"`  // a statement that would return more rows fails
	MaxBytes int64         `yaml:"max_bytes"` // and one that would return more bytes
	Memory   int64         `yaml:"memory"`    // bytes a statement may use
	PerUser  int           `yaml:"per_user"`  // statements of one user or key at once; the next waits until one of them is done
	MaxWait  time.Duration `yaml:"max_wait"`  // and how long, until it is refused
}

// DefaultConfig is 30 s, 100,000 rows, 256 MiB of them, 2 GiB; four statements at once, five seconds.
func DefaultConfig() Config {
	return Config{Timeout: 30 * time.Second, MaxRows: 100_000, MaxBytes: 256 << 20, Memory: 2 << 30, PerUser: 4, MaxWait: 5 * time.Second}
}

// Validate names what is out of range.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	if c.Timeout < time.Second {
		out = append(out, problem.Problem{Path: "timeout", Message: "is below one second", Mend: "write 30s"})
	}
	if c.MaxRows < 1000 {
		out = append(out, problem.Problem{Path: "max_rows", Message: "is below 1000", Mend: "write 100000"})
	}
	if c.MaxBytes < 1<<20 {
		out = append(out, problem.Problem{Path: "max_bytes", Message: "is below 1 MiB", Mend: "write 268435456"})
	}
	if c.PerUser < 1 {
		out = append(out, problem.Problem{Path: "per_user", Message: "is below 1", Mend: "write 4"})
	}
	if c.MaxWait < 0 {
		out = append(out, problem.Problem{Path: "max_wait", Message: "is negative", Mend: "write 5s"})
	}
	if c.Memory < 64<<20 {
		out = append(out, problem.Problem{Path: "memory", Message: "is below 64 MiB", Mend: "write 2147483648"})
	}
	return out
}
