package load

import (
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `load` of firstline.yaml. All of it has defaults.
type Config struct {
	Group    string        `yaml:"group"`     // consumer group; loaders of one group share the partitions
	Linger   time.Duration `yaml:"linger"`    // how long facts are gathered into one insert
	MaxFacts int           `yaml:"max_facts"` // most messages of one insert
}

// DefaultConfig gathers for 400 ms, so that figures are well within a second of what happened and each table sees no
// more than some two inserts a second from a partition.
func DefaultConfig() Config {
	return Config{Group: "firstline-load", Linger: 400 * time.Millisecond, MaxFacts: 20_000}
}

// Validate returns what is wrong, with paths within the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	if c.Group == "" {
		out = append(out, problem.Problem{Path: "group", Message: "is empty", Mend: "write firstline-load"})
	}
	if c.Linger < 10*time.Millisecond || c.Linger > time.Minute {
		out = append(out, problem.Problem{Path: "linger", Message: "is not between 10ms and 1m", Mend: "write 400ms"})
	}
	if c.MaxFacts < 1 || c.MaxFacts > 500_000 {
		out = append(out, problem.Problem{Path: "max_facts", Message: "is not between 1 and 500000", Mend: "write 20000"})
	}
	return out
}
