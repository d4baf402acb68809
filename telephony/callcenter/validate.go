package callcenter

import (
	"firstline/pipeline/problem"
)

// Validate names every mistake of a plan.
func (p *Plan) Validate() []problem.Problem { return nil }
