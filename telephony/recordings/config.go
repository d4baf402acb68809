package recordings

import (
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `recordings`.
type Config struct {
	Dir     string        `yaml:"dir"`     // folder the recordings lie in; empty = nothing can be recorded
	Workers int           `yaml:"workers"` // recordings fetched at once
	GiveUp  time.Duration `yaml:"give_up"` // one that can't be fetched and kept for so long after it was asked for is lost
}

// leastGiveUp leaves room for an attempt after beginLimit: of a recording with one side only, that one is to be kept.
const leastGiveUp = time.Minute

// mostGiveUp is less than the hour for which the core knows a contact after its end: what comes later tells nobody anything.
const mostGiveUp = 50 * time.Minute

// DefaultConfig has no folder.
func DefaultConfig() Config { return Config{Workers: 2, GiveUp: 30 * time.Minute} }

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	if c.Workers < 1 || c.Workers > 16 {
		out = append(out, problem.Problem{Path: "workers", Message: "must be from 1 to 16", Mend: "2 is the default"})
	}
	if c.GiveUp < leastGiveUp || c.GiveUp > mostGiveUp {
		out = append(out, problem.Problem{Path: "give_up", Message: "must be from 1m to 50m", Mend: "30m is the default"})
	}
	return out
}
