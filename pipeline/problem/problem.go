// Package problem is the one shape in which every package reports a mistake in its configuration.
// Config.Validate methods return it, cmd/firstline adds file and line. It does no I/O and imports nothing of the product.
package problem

import "strings"

// Problem is one mistake in a configuration: where it stands, what is wrong, and what the reader does about it.
type Problem struct {
	Path    string // place in the YAML, keys and list indexes joined by dots: "queues.0.ring_timeout"
	Message string // what is wrong, lower case, no full stop
	Mend    string // what to write instead; empty only when the message says it already
}

// At returns the problems with prefix put before each path, so that a package can validate its part without
// knowing where the part stands in the whole file.
func At(prefix string, problems []Problem) []Problem {
	out := make([]Problem, len(problems))
	for i, p := range problems {
		p.Path = strings.TrimSuffix(prefix+"."+p.Path, ".")
		out[i] = p
	}
	return out
}
