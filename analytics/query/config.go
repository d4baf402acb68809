package query

import (
	"time"

	"firstline/pipeline/problem"
)

// Config holds the limits of every statement.
type Config struct {
	Timeout time.Duration `yaml:"timeout"`  // a statement that runs longer fails
	MaxRows int           `yaml:"max_rows"` // a statement that would return more rows fails
	Memory  int64         `yaml:"memory"`   // bytes a statement may use
}

// DefaultConfig is 30 s, 100,000 rows, 2 GiB.
func DefaultConfig() Config {
	return Config{Timeout: 30 * time.Second, MaxRows: 100_000, Memory: 2 << 30}
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
	if c.Memory < 64<<20 {
		out = append(out, problem.Problem{Path: "memory", Message: "is below 64 MiB", Mend: "write 2147483648"})
	}
	return out
}
