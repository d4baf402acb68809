package ivr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firstline/pipeline/problem"
)

// Incident is something that callers are told of while a supervisor has it switched on: an outage, a delay.
type Incident struct {
	ID    string   `yaml:"id" json:"id"`                         // what it is switched by
	Name  string   `yaml:"name,omitempty" json:"name,omitempty"` // shown to supervisors; empty = the id
	When  string   `yaml:"when,omitempty" json:"when,omitempty"` // condition for whom it concerns: docs/ivr.md#conditions; empty = everybody
	Media []string `yaml:"media" json:"media"`                   // what they hear
}

// compiled is an incident whose condition is ready to be asked.
type compiled struct {
	Incident
	condition condition
}

// everybody is the condition of an incident that has none.
const everybody = "true"

func compileIncidents(incidents []Incident) ([]compiled, error) {
	out := make([]compiled, len(incidents))
	for i, in := range incidents {
		text := in.When
		if text == "" {
			text = everybody
		}
		c, err := compile(text)
		if err != nil {
			return nil, fmt.Errorf("incident %q: %w", in.ID, err)
		}
		out[i] = compiled{in, c}
	}
	return out, nil
}

// concerns are the incidents that are switched on and concern the caller, in the plan's order. With tell, those whose
// condition can't be worked out are recorded; they count as not concerning him.
func (w *walk) concerns(tell bool) []Incident {
	var list []Incident
	seen := w.view()
	for i, in := range w.menus.incidents {
		if !slices.Contains(w.now.Incidents, in.ID) {
			continue
		}
		held, err := in.condition.holds(seen)
		if err != nil && tell {
			w.record(Unfit{Node: w.result.Visit.Node, Case: i + 1, Condition: in.When})
		}
		if held {
			list = append(list, in.Incident)
		}
	}
	return list
}

// tell plays what concerns the caller; false when there is nothing.
func (w *walk) tell() bool {
	list := w.concerns(true)
	var media []string
	for _, in := range list {
		w.record(Told{Node: w.result.Visit.Node, Incident: in.ID})
		media = append(media, in.Media...)
	}
	if len(media) == 0 {
		return false
	}
	w.result.Visit.Told = true
	w.play(media)
	return true
}

// afterTold is where a caller goes who has heard of an incident.
func (n Node) afterTold() string {
	if n.Told != "" {
		return n.Told
	}
	return n.Next
}

// ValidateIncidents names every mistake of all incidents; paths begin with the incident's index.
func ValidateIncidents(incidents []Incident) []problem.Problem {
	c := &checker{}
	for i, in := range incidents {
		at := strconv.Itoa(i) + "."
		switch {
		case in.ID == "":
			c.add(at+"id", "an incident has no id", "give it one, for example outage-north")
		case !named(in.ID, nameOthers):
			c.add(at+"id", fmt.Sprintf("incident id %q has letters that ids can't have", in.ID), "use letters a-z, A-Z, digits, ., - and _ only, a letter or digit first")
		case slices.ContainsFunc(incidents[:i], func(o Incident) bool { return o.ID == in.ID }):
			c.add(at+"id", fmt.Sprintf("incident %q is defined twice", in.ID), "give each incident an id of its own")
		}
		if len(in.Media) == 0 {
			c.add(at+"media", fmt.Sprintf("nothing is said of incident %q", in.ID), "name at least one sound or prompt, for example [\"prompt:outage\"]")
		}
		c.problems = append(c.problems, problem.At(at+"media", ValidateMedia(in.Media))...)
		if in.When == "" {
			continue
		}
		if _, err := compile(in.When); err != nil {
			message, _, _ := strings.Cut(err.Error(), "\n")
			c.add(at+"when", fmt.Sprintf("%q is no condition: %s", in.When, message), "conditions are described in docs/ivr.md#conditions")
		}
	}
	return c.problems
}
