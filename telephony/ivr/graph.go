package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// targets are the nodes a node leads to. Automatic ones need nothing but silence, time or noise from the caller.
func (n Node) targets(automaticOnly bool) []string {
	list := []string{n.Open, n.Closed}
	switch n.Type {
	case TypePlay:
		list = append(list, n.Next)
	case TypeMenu, TypeCollect:
		list = append(list, n.NoInput, n.Invalid, n.GaveUp)
		if automaticOnly {
			break
		}
		if n.Type == TypeCollect {
			list = append(list, n.Next, n.NotFound)
		}
		for _, key := range slices.Sorted(maps.Keys(n.Options)) {
			list = append(list, n.Options[key].Next)
		}
	case TypeSchedule, TypeQueue, TypeHangup:
	}
	return slices.DeleteFunc(list, func(id string) bool { return id == "" })
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
			c.add("nodes."+id, fmt.Sprintf("no path from node %q leads to an end", id), "lead it to a node of type queue or hangup")
		}
	}
}

func (c *checker) endsSoon(n Node, ending map[string]bool) bool {
	switch n.Type {
	case TypeQueue, TypeHangup:
		return true
	case TypeMenu, TypeCollect:
		// Giving up ends the call only where silence or mistakes can use up the tries.
		if n.GaveUp == "" && (n.NoInput == "" || n.Invalid == "") {
			return true
		}
	case TypeSchedule, TypePlay:
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
