package ivr

import (
	"fmt"
	"maps"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Caller is what is known of the caller when something happens to his visit: what conditions can ask for.
type Caller struct {
	Number       string // as the network gave it; "" = withheld
	Callable     string // the number by which he can be called back; "" = there is none; no condition sees it
	Name         string // as the network gave it
	Dialed       string
	Language     string
	Customer     string // id in the ticket system; "" = not known, or not yet
	CustomerName string
	Ticket       string // id of his open ticket; "" = none known
	TicketStatus string
}

// view is what a condition sees. Its names are documented in docs/ivr.md#conditions.
type view struct {
	Number       string            `expr:"number"`
	Name         string            `expr:"name"`
	Dialed       string            `expr:"dialed"`
	Language     string            `expr:"language"`
	Customer     string            `expr:"customer"`
	CustomerName string            `expr:"customer_name"`
	Ticket       string            `expr:"ticket"`
	TicketStatus string            `expr:"ticket_status"`
	Vars         map[string]string `expr:"vars"`
}

// condition is a compiled condition.
type condition struct{ program *vm.Program }

// compile checks names and types, so that what compiles can only fail on values: int("x"). The clock is not to be had, nor
// what depends on the order of a map: a step through a flow must come out the same when it is worked out again.
func compile(text string) (condition, error) {
	return compileFor(text, view{})
}

// compileFor is compile for a condition that sees no more than seen has.
func compileFor(text string, seen any) (condition, error) {
	program, err := expr.Compile(text, expr.Env(seen), expr.AsBool(),
		expr.DisableBuiltin("now"), expr.DisableBuiltin("keys"), expr.DisableBuiltin("values"), expr.DisableBuiltin("toPairs"))
	if err != nil {
		return condition{}, err
	}
	return condition{program}, nil
}

// holds works the condition out; v is of the type it was compiled for.
func (c condition) holds(v any) (bool, error) {
	out, err := expr.Run(c.program, v)
	if err != nil {
		return false, err
	}
	held, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("it is %T", out)
	}
	return held, nil
}

// conditions of one flow: node → its cases, in order.
type conditions map[string][]condition

func (f Flow) compile() (conditions, error) {
	all := conditions{}
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		for i, c := range f.Nodes[id].Cases {
			compiled, err := compile(c.When)
			if err != nil {
				return nil, fmt.Errorf("node %q, case %d: %w", id, i+1, err)
			}
			all[id] = append(all[id], compiled)
		}
	}
	return all, nil
}
