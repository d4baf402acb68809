package ivr

import (
	"cmp"
	"maps"
	"slices"
)

// Sounds is one list of media of a flow, and the languages of the callers who come to hear it.
type Sounds struct {
	Path      string // within the flow: "nodes.greeting.media"
	Names     []string
	Languages []string // sorted; none: nobody comes there
}

// Join is a queue that a flow leads to, and the languages of the callers who join it there.
type Join struct {
	Queue     string
	Languages []string // sorted
}

// Sounds are all that the flow plays to calls that come with one of languages, by node. A condition that asks for the
// language alone divides callers as it will; any other one may hold for each of them.
func (f Flow) Sounds(languages []string) []Sounds {
	var list []Sounds
	spoken := f.spoken(languages)
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		for _, s := range f.Nodes[id].sounds() {
			s.Path, s.Languages = "nodes."+id+"."+s.Path, slices.Sorted(maps.Keys(spoken[id]))
			list = append(list, s)
		}
	}
	return list
}

// Joins are the queues that calls which come with one of languages are led to, by node; dialled are those with an extension.
func (f Flow) Joins(languages, dialled []string) []Join {
	var list []Join
	spoken := f.spoken(languages)
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		come := slices.Sorted(maps.Keys(spoken[id]))
		switch n := f.Nodes[id]; n.Type { //nolint:exhaustive // no other node leads into a queue
		case TypeQueue, TypeCallback: // who is called back has the queue's greeting, and may wait
			list = append(list, Join{Queue: n.Queue, Languages: come})
		case TypeDial:
			for _, queue := range dialled {
				list = append(list, Join{Queue: queue, Languages: come})
			}
		}
	}
	return list
}

// Has tells whether a node of the flow is of a type.
func (f Flow) Has(t Type) bool {
	return slices.ContainsFunc(slices.Sorted(maps.Keys(f.Nodes)), func(id string) bool { return f.Nodes[id].Type == t })
}

// Tells are the languages of the callers who can come to hear of incidents, sorted.
func (f Flow) Tells(languages []string) []string {
	var list []string
	spoken := f.spoken(languages)
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		if f.Nodes[id].Type == TypeIncident {
			list = append(list, slices.Sorted(maps.Keys(spoken[id]))...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// WithDigits are media with each digit in the place of what reads digits back: any of them may come.
func WithDigits(names []string) []string {
	i := slices.Index(names, readBack)
	if i < 0 {
		return names
	}
	out := slices.Delete(slices.Clone(names), i, i+1)
	for digit := '0'; digit <= '9'; digit++ {
		out = append(out, sayDigit(digit))
	}
	return WithDigits(out)
}

// sounds are the lists of media that a node of its type plays; paths are the keys.
func (n Node) sounds() []Sounds {
	var list []Sounds
	switch n.Type {
	case TypePlay, TypeHangup:
		list = []Sounds{{Path: "media", Names: n.Media}}
	case TypeVoicemail:
		list = []Sounds{{Path: "prompt", Names: n.Prompt}}
	case TypeMenu, TypeCollect, TypeDial, TypeCallback:
		list = []Sounds{{Path: "prompt", Names: n.Prompt}, {Path: "no_input_media", Names: n.NoInputMedia}, {Path: "invalid_media", Names: n.InvalidMedia}}
		if n.Type.takesDigits() {
			list = append(list, Sounds{Path: "confirm", Names: n.Confirm})
		}
	case TypeSchedule, TypeLookup, TypeBranch, TypeSet, TypeLanguage, TypeQueue, TypeTransfer, TypeIncident:
	}
	return slices.DeleteFunc(list, func(s Sounds) bool { return len(s.Names) == 0 })
}

// spoken is the languages of the callers who come to each node.
func (f Flow) spoken(languages []string) map[string]map[string]bool {
	at := map[string]map[string]bool{}
	come := func(l lead) bool {
		if at[l.to] == nil {
			at[l.to] = map[string]bool{}
		}
		news := !at[l.to][l.language]
		at[l.to][l.language] = true
		return news
	}
	var todo []lead
	for _, language := range languages {
		todo = append(todo, lead{f.Start, language})
	}
	for ; len(todo) > 0; todo = todo[1:] {
		if come(todo[0]) {
			todo = append(todo, f.Nodes[todo[0].to].leads(todo[0].language)...)
		}
	}
	return at
}

// lead is a node, and the language of a caller who comes to it.
type lead struct{ to, language string }

// leads are the nodes that callers of a language are led to, with their language then.
func (n Node) leads(language string) []lead {
	var list []lead
	switch n.Type {
	case TypeBranch:
		for _, c := range n.Cases {
			holds, decided := decidedBy(c.When, language)
			if holds || !decided {
				list = append(list, lead{c.Next, language})
			}
			if holds {
				return list
			}
		}
		return append(list, lead{n.Otherwise, language})
	case TypeMenu:
		for _, key := range slices.Sorted(maps.Keys(n.Options)) {
			list = append(list, lead{n.Options[key].Next, cmp.Or(n.Options[key].Language, language)})
		}
		for _, to := range n.targets(true) {
			list = append(list, lead{to, language})
		}
		return list
	case TypeLanguage:
		return []lead{{n.Next, n.Language}}
	default:
		for _, to := range n.targets(false) {
			list = append(list, lead{to, language})
		}
		return list
	}
}

// decidedBy works out a condition that asks for nothing but the language.
func decidedBy(text, language string) (holds, decided bool) {
	type only struct {
		Language string `expr:"language"`
	}
	c, err := compileFor(text, only{})
	if err != nil {
		return false, false // it asks for more; or it has a mistake, which is told elsewhere
	}
	holds, err = c.holds(only{language})
	return err == nil && holds, true
}
