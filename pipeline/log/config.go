package log

import (
	"fmt"
	"time"

	"firstline/pipeline/log/disk"
	"firstline/pipeline/problem"
)

// Config is one log. Dir and Source are not in the YAML: the process that owns the log decides them.
type Config struct {
	Dir    string `yaml:"-"` // folder, made when missing; one log a folder
	Source string `yaml:"-"` // Source of its facts: "controller", "api/<name>" or "import/<node>"
	// Stateless says that the owner keeps no state in the log: no snapshots, only facts to be published.
	Stateless bool `yaml:"-"`

	Retain       time.Duration `yaml:"retain"`        // facts are deleted after this, once published and in a snapshot
	MaxBytes     int64         `yaml:"max_bytes"`     // of all segments; the oldest published ones are deleted beyond it
	SegmentBytes int64         `yaml:"segment_bytes"` // a new segment begins beyond this
	SegmentAge   time.Duration `yaml:"segment_age"`   // and beyond this; deletion takes whole segments
	ExtendBytes  int64         `yaml:"extend_bytes"`  // a segment's file grows by this much at a time, ahead of what is written; 0 = by each write
	ReserveBytes int64         `yaml:"reserve_bytes"` // preallocated, given up when the disk is full; 0 = none
	MemoryBytes  int64         `yaml:"memory_bytes"`  // records kept while they can't be written; what doesn't fit is dropped and counted
	SyncTimeout  time.Duration `yaml:"sync_timeout"`  // a write that takes longer counts as one that can't be done
	Retry        time.Duration `yaml:"retry"`         // between attempts to write again
	TailFacts    int           `yaml:"tail_facts"`    // latest facts kept in memory for readers

	// FS is the filesystem; nil = the operating system's. Tests put a faulty one in.
	FS disk.FS `yaml:"-"`
}

// DefaultConfig keeps a week of facts on at most 10 GiB.
func DefaultConfig() Config {
	return Config{
		Retain:       7 * 24 * time.Hour,
		MaxBytes:     10 << 30,
		SegmentBytes: 64 << 20,
		SegmentAge:   time.Hour,
		ExtendBytes:  1 << 20,
		ReserveBytes: 16 << 20,
		MemoryBytes:  64 << 20,
		SyncTimeout:  10 * time.Second,
		Retry:        time.Second,
		TailFacts:    16384,
	}
}

// Validate tells what is wrong in the YAML's part; paths are relative to it.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	least := func(path string, is, min int64, mend string) {
		if is < min {
			out = append(out, problem.Problem{Path: path, Message: fmt.Sprintf("is %d, at least %d is needed", is, min), Mend: mend})
		}
	}
	positive := func(path string, is time.Duration, mend string) {
		if is <= 0 {
			out = append(out, problem.Problem{Path: path, Message: "must be more than 0", Mend: mend})
		}
	}
	positive("retain", c.Retain, "168h is the default")
	positive("segment_age", c.SegmentAge, "1h is the default")
	positive("sync_timeout", c.SyncTimeout, "10s is the default")
	positive("retry", c.Retry, "1s is the default")
	least("segment_bytes", c.SegmentBytes, 4<<10, "67108864 (64 MiB) is the default")
	least("max_bytes", c.MaxBytes, c.SegmentBytes, "it must hold at least one segment")
	least("extend_bytes", c.ExtendBytes, 0, "1048576 (1 MiB) is the default, 0 lets each write make the file longer")
	least("reserve_bytes", c.ReserveBytes, 0, "16777216 (16 MiB) is the default, 0 turns it off")
	least("memory_bytes", c.MemoryBytes, 64<<10, "67108864 (64 MiB) is the default")
	least("tail_facts", int64(c.TailFacts), 1, "16384 is the default")
	return out
}
