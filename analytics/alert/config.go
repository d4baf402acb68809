package alert

import (
	"strconv"
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `alerts`.
type Config struct {
	Every time.Duration `yaml:"every"` // how often the rules are looked at
	Rules []Rule        `yaml:"rules"` // rules beside those that are made on the API: docs/alerts.md
}

// DefaultConfig has no rules.
func DefaultConfig() Config { return Config{Every: 15 * time.Second} }

// Validate tells what is wrong; paths are relative to the section. That queues and schedules exist is for who knows them.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	if c.Every < time.Second || c.Every > time.Minute {
		out = append(out, problem.Problem{Path: "every", Message: "is " + plain(c.Every) + ", not between 1s and 1m", Mend: "leave it out for the default"})
	}
	seen := map[string]bool{}
	for i, r := range c.Rules {
		at := "rules." + strconv.Itoa(i)
		switch {
		case r.ID == "":
			out = append(out, problem.Problem{Path: at, Message: "has no id", Mend: "add id: …"})
		case seen[r.ID]:
			out = append(out, problem.Problem{Path: at + ".id", Message: "is there twice", Mend: "rename one of them"})
		}
		seen[r.ID] = true
		out = append(out, problem.At(at, r.Validate())...)
	}
	return out
}
