package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// edge is one way on from a node.
type edge struct {
	to    string
	label string // what takes it: "1 Support", "no input"; "" = the end of what plays
	auto  bool   // it needs nothing but silence, time or noise from the caller
}

// edges are the ways on from a node, in a fixed order.
func (n Node) edges() []edge {
	list := []edge{{n.Open, "open", true}, {n.Closed, "closed", true}}
	switch n.Type {
	case TypePlay, TypeSet, TypeLanguage, TypeVoicemail:
		list = append(list, edge{n.Next, "", true})
	case TypeIncident:
		list = append(list, edge{n.Told, "told", true}, edge{n.Next, "nothing to tell", true})
	case TypeLookup:
		list = append(list, edge{n.Next, "found", true}, edge{n.NotFound, "not found", true}, edge{n.Failed, "failed", true})
	case TypeBranch:
		for _, c := range n.Cases {
			list = append(list, edge{c.Next, c.When, true})
		}
		list = append(list, edge{n.Otherwise, "otherwise", true})
	case TypeMenu, TypeCollect, TypeDial, TypeCallback:
		for _, key := range slices.Sorted(maps.Keys(n.Options)) {
			list = append(list, edge{n.Options[key].Next, strings.TrimSpace(key + " " + n.Options[key].Label), false})
		}
		if n.Type == TypeCollect {
			list = append(list, edge{n.Next, n.digits(), false}, edge{n.NotFound, "not found", false})
		}
		if n.Type == TypeCallback {
			list = append(list, edge{n.Next, "promised", false}, edge{n.Failed, "nobody can be called", false})
		}
		list = append(list, edge{n.NoInput, "no input", true}, edge{n.Invalid, "invalid", true}, edge{n.GaveUp, "gave up", true})
		if n.Type == TypeDial {
			list = append(list, n.exits(false)...) // he has dialled somebody
		}
	case TypeQueue:
		list = append(list, n.exits(true)...)
	case TypeSchedule, TypeTransfer, TypeHangup:
	}
	return slices.DeleteFunc(list, func(e edge) bool { return e.to == "" })
}

// exits are the ways back from a queue; auto: nothing but silence led into it.
func (n Node) exits(auto bool) []edge {
	var list []edge
	for _, key := range slices.Sorted(maps.Keys(n.Keys)) {
		list = append(list, edge{n.Keys[key], key, false})
	}
	return append(list, edge{n.Full, "full", auto}, edge{n.Empty, "nobody there", auto}, edge{n.MaxWait, "max wait", false}) // time passes on that way
}

// digits says how many of them a collect node takes: "1–8 digits".
func (n Node) digits() string {
	if n.least() == n.most() {
		return fmt.Sprintf("%d digits", n.most())
	}
	return fmt.Sprintf("%d–%d digits", n.least(), n.most())
}

// endsByGivingUp tells whether silence or mistakes can use up the tries of a node that names no way on for then: the call
// ends there. To say no to what is read back uses them up wherever silence and mistakes lead.
func (n Node) endsByGivingUp() bool {
	return n.Type.asks() && n.GaveUp == "" && (n.NoInput == "" || n.Invalid == "" || len(n.Confirm) > 0)
}

// targets are the nodes a node leads to.
func (n Node) targets(automaticOnly bool) []string {
	var list []string
	for _, e := range n.edges() {
		if e.auto || !automaticOnly {
			list = append(list, e.to)
		}
	}
	return list
}

// reach names the nodes that no caller gets to.
func (c *checker) reach() {
	reached := map[string]bool{c.flow.Start: true}
	for todo := []string{c.flow.Start}; len(todo) > 0; todo = todo[1:] {
		for _, id := range c.flow.Nodes[todo[0]].targets(false) {
			if !reached[id] {
				reached[id] = true
				todo = append(todo, id)
			}
		}
	}
	for _, id := range c.ids() {
		if !reached[id] {
			c.add("nodes."+id, fmt.Sprintf("node %q is never reached", id), "lead to it from another node, or take it out")
		}
	}
}

// ends names the nodes from which no path leads to a queue or a hang-up. A menu that gives up without a target ends the
// call, which is an end too.
func (c *checker) ends() {
	ending := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for _, id := range c.ids() {
			if !ending[id] && c.endsSoon(c.flow.Nodes[id], ending) {
				ending[id], changed = true, true
			}
		}
	}
	for _, id := range c.ids() {
		if !ending[id] {
			c.add("nodes."+id, fmt.Sprintf("no path from node %q leads to an end", id), "lead it to a node of type queue, transfer or hangup")
		}
	}
}

func (c *checker) endsSoon(n Node, ending map[string]bool) bool {
	if n.Type == TypeQueue || n.Type == TypeDial || n.Type == TypeTransfer || n.Type == TypeHangup || n.endsByGivingUp() {
		return true
	}
	return slices.ContainsFunc(n.targets(false), func(id string) bool { return ending[id] })
}

// loops names each circle that a caller who does nothing would go round for ever.
func (c *checker) loops() {
	done := map[string]bool{}
	for _, id := range c.ids() {
		c.follow(id, nil, done)
	}
}

func (c *checker) follow(id string, path []string, done map[string]bool) {
	if i := slices.Index(path, id); i >= 0 {
		circle := strings.Join(append(slices.Clone(path[i:]), id), " → ")
		c.add("nodes."+id, "a caller who presses nothing circles without limit: "+circle, "leave no_input or invalid out (the prompt is repeated up to tries), or lead gave_up to an end")
		return
	}
	if done[id] {
		return
	}
	for _, next := range c.flow.Nodes[id].targets(true) {
		c.follow(next, append(path, id), done)
	}
	done[id] = true
}
