package queuelog

import (
	"path/filepath"
	"strings"
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `queue_log`.
type Config struct {
	File         string `yaml:"file"`          // queue_log to write, in app_queue's format; not the one Asterisk writes itself; empty = none
	Agent        Column `yaml:"agent"`         // what stands in the agent column: the phone, or id or name as in this file
	CallerNumber bool   `yaml:"caller_number"` // write callers' numbers; false: that field stays empty

	Refresh time.Duration `yaml:"refresh"` // how often it is asked which agents serve which queues: a reload changes that without a fact
}

// DefaultConfig writes nothing.
func DefaultConfig() Config {
	return Config{Agent: ByEndpoint, CallerNumber: true, Refresh: 10 * time.Second}
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	switch {
	case c.File != "" && strings.HasSuffix(c.File, string(filepath.Separator)):
		out = append(out, problem.Problem{Path: "file", Message: "is a folder", Mend: "name a file: /var/log/firstline/queue_log"})
	case strings.ContainsRune(c.File, 0):
		out = append(out, problem.Problem{Path: "file", Message: "is no file name", Mend: "name a file: /var/log/firstline/queue_log"})
	}
	switch c.Agent {
	case ByEndpoint, ByID, ByName:
	default:
		out = append(out, problem.Problem{Path: "agent", Message: "is none of endpoint, id, name", Mend: "write endpoint"})
	}
	if c.Refresh <= 0 {
		out = append(out, problem.Problem{Path: "refresh", Message: "must be more than 0", Mend: "10s is the default"})
	}
	return out
}
