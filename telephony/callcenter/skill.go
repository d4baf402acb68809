package callcenter

import (
	"fmt"
	"maps"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// requirement is a compiled expression over an agent's skills: "de >= 2 and not (trainee > 0)". A skill the agent does not
// have is 0.
type requirement struct {
	program *vm.Program
	skills  []string // the names it may use
}

// compileRequirement checks names and types: only skills that an agent of the plan has can be asked for.
func compileRequirement(text string, skills []string) (requirement, error) {
	program, err := expr.Compile(text, expr.Env(levels(nil, skills)), expr.AsBool(), expr.DisableAllBuiltins())
	if err != nil {
		return requirement{}, err
	}
	return requirement{program, skills}, nil
}

// holds tells whether an agent's skills satisfy it. What can't be worked out does not hold: a division by zero.
func (r requirement) holds(a *Agent) bool {
	out, err := expr.Run(r.program, levels(a.Skills, r.skills))
	held, ok := out.(bool)
	return err == nil && ok && held
}

// levels are the names an expression sees.
func levels(have map[string]int, names []string) map[string]any {
	all := make(map[string]any, len(names))
	for _, name := range names {
		all[name] = have[name]
	}
	return all
}

// skillNames are the skills that the plan's agents have, sorted.
func (p *Plan) skillNames() []string {
	var names []string
	for _, a := range p.Agents {
		names = append(names, slices.Sorted(maps.Keys(a.Skills))...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// requirements are the texts of all expressions over skills in the plan, with where each stands in firstline.yaml.
func (p *Plan) requirements() []located {
	var all []located
	add := func(text, format string, args ...any) {
		if text != "" {
			all = append(all, located{text, fmt.Sprintf(format, args...)})
		}
	}
	for i, q := range p.Queues {
		add(q.Requires, "queues.%d.requires", i)
		for j, step := range q.Relax {
			add(step.Requires, "queues.%d.relax.%d.requires", i, j)
		}
	}
	for i, f := range p.Flows {
		for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
			add(f.Nodes[id].Requires, "ivr.%d.nodes.%s.requires", i, id)
		}
	}
	return all
}

// located is a text of the configuration and where it stands.
type located struct{ text, path string }

// meets tells whether an agent has every skill that the caller's entry asks for.
func (c *Center) meets(a *agent, ct *contact) bool {
	e := ct.Entry
	for _, s := range e.Skills {
		if a.conf.Skills[s.Name] < s.Level {
			return false
		}
	}
	for _, text := range e.Requires {
		if r, ok := c.planFor(ct).required[text]; !ok || !r.holds(a.conf) {
			return false
		}
	}
	return true
}
