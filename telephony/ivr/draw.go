package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Format is a language that graphs are drawn in.
type Format string

// The formats.
const (
	Mermaid Format = "mermaid" // https://mermaid.js.org/syntax/flowchart.html
	DOT     Format = "dot"     // https://graphviz.org/doc/info/lang.html
)

// Draw writes the flow as a graph: a node each, its ways on with what takes them, and where the call ends without a node
// saying so. It draws wrong flows too, with what is not defined as nodes of their own.
func (f Flow) Draw(format Format) (string, error) {
	switch format {
	case Mermaid:
		return f.draw(mermaid{}), nil
	case DOT:
		return f.draw(dot{}), nil
	default:
		return "", fmt.Errorf("%q is no format of a graph: write %s or %s", format, Mermaid, DOT)
	}
}

// pen writes one line of a graph's language. Names are safe in all of them; texts are not.
type pen interface {
	begin(title string) string
	node(name string, s shape, lines []string) string
	edge(from, to, label string) string
	end() string
}

// shape is how a node's box looks.
type shape int

const (
	box    shape = iota // something is done
	choice              // the flow decides
	input               // the caller decides
	queue
	over // a call's end, also one which no node says
	gone // what a flow names but doesn't define
)

func shapeOf(t Type) shape {
	switch t {
	case TypeSchedule, TypeLookup, TypeBranch, TypeIncident:
		return choice
	case TypeMenu, TypeCollect, TypeDial, TypeCallback:
		return input
	case TypeQueue:
		return queue
	case TypeTransfer, TypeHangup:
		return over
	case TypePlay, TypeSet, TypeLanguage, TypeVoicemail:
	}
	return box
}

func (f Flow) draw(p pen) string {
	var out strings.Builder
	out.WriteString(p.begin(f.ID))
	names := map[string]string{}
	add := func(id string, s shape, lines ...string) {
		names[id] = "n" + strconv.Itoa(len(names))
		out.WriteString(p.node(names[id], s, lines))
	}
	ids := (&checker{flow: f}).ids()
	for _, id := range ids {
		add(id, shapeOf(f.Nodes[id].Type), f.Nodes[id].lines(id)...)
	}
	out.WriteString(p.node("start", over, []string{f.ID}))
	link := func(from, to, label string) {
		if names[to] == "" {
			add(to, gone, to+" is not defined")
		}
		out.WriteString(p.edge(from, names[to], label))
	}
	link("start", f.Start, "")
	for _, id := range ids {
		n := f.Nodes[id]
		for _, e := range n.edges() {
			link(names[id], e.to, e.label)
		}
		if n.endsByGivingUp() {
			name := names[id] + "over"
			out.WriteString(p.node(name, over, []string{"call ends"}))
			out.WriteString(p.edge(names[id], name, "gave up"))
		}
	}
	out.WriteString(p.end())
	return out.String()
}

// lines are what a node's box says: its id, and what the caller hears or where he goes.
func (n Node) lines(id string) []string {
	lines := []string{id}
	switch n.Type {
	case TypeSchedule:
		lines = append(lines, n.Schedule)
	case TypeQueue:
		lines = append(lines, "queue "+n.Queue)
	case TypeTransfer:
		lines = append(lines, "to "+n.Number)
	case TypeVoicemail:
		lines = append(lines, "message for "+n.Queue)
	case TypeCallback:
		lines = append(lines, "callback for "+n.Queue)
		if n.Mended {
			lines = append(lines, "when incidents are over")
		}
	case TypeMenu, TypeCollect, TypeDial:
		lines = append(lines, strings.Join(n.Prompt, ", "))
	case TypePlay, TypeHangup:
		lines = append(lines, strings.Join(n.Media, ", "))
	case TypeLanguage:
		lines = append(lines, n.Language)
	case TypeSet:
		for _, name := range slices.Sorted(maps.Keys(n.Set)) {
			lines = append(lines, name+" = "+n.Set[name])
		}
		if n.Priority != 0 {
			lines = append(lines, fmt.Sprintf("priority %+d", n.Priority))
		}
	case TypeLookup, TypeBranch, TypeIncident:
	}
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

type mermaid struct{}

func (mermaid) begin(string) string { return "flowchart TD\n" }
func (mermaid) end() string         { return "" }

func (m mermaid) node(name string, s shape, lines []string) string {
	left, right := "[", "]"
	switch s {
	case choice:
		left, right = "{", "}"
	case input:
		left, right = "{{", "}}"
	case queue:
		left, right = "([", "])"
	case over:
		left, right = "((", "))"
	case gone:
		left, right = ">", "]"
	case box:
	}
	for i := range lines {
		lines[i] = m.escape(lines[i])
	}
	return fmt.Sprintf("  %s%s\"%s\"%s\n", name, left, strings.Join(lines, "<br/>"), right)
}

func (m mermaid) edge(from, to, label string) string {
	if label == "" {
		return fmt.Sprintf("  %s --> %s\n", from, to)
	}
	return fmt.Sprintf("  %s -->|\"%s\"| %s\n", from, m.escape(label), to)
}

// escape writes what means something to Mermaid or HTML as entities; in Mermaid these begin with a hash.
func (mermaid) escape(text string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;", "\n", " ").Replace(text)
}

type dot struct{}

func (d dot) begin(title string) string {
	return "digraph " + d.quote(title) + " {\n  node [shape=box, fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\"]\n"
}
func (dot) end() string { return "}\n" }

func (d dot) node(name string, s shape, lines []string) string {
	form := [...]string{box: "box", choice: "diamond", input: "hexagon", queue: "oval", over: "circle", gone: "octagon"}[s]
	return fmt.Sprintf("  %s [shape=%s, label=%s]\n", name, form, d.quote(strings.Join(lines, "\n")))
}

func (d dot) edge(from, to, label string) string {
	if label == "" {
		return fmt.Sprintf("  %s -> %s\n", from, to)
	}
	return fmt.Sprintf("  %s -> %s [label=%s]\n", from, to, d.quote(label))
}

// quote makes a double-quoted string, whose only escapes are the quote, and for labels the backslash and the line's end.
func (dot) quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
