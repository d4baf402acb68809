package ivr

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/problem"
)

// Known is what flows may refer to.
type Known struct {
	Schedules []string
	Queues    []string
	Dialled   bool // some queue or agent has an extension
	Incidents bool // some incident is defined
}

// Limits of what a flow may ask of a caller.
const (
	maxTimeout = time.Minute
	maxTries   = 10
	maxDigits  = 32
)

// keys are the digits a phone has.
const keys = "0123456789*#ABCD"

// ValidateFlows names every mistake of all flows; paths begin with the flow's index.
func ValidateFlows(flows []Flow, known Known) []problem.Problem {
	var out []problem.Problem
	for i, f := range flows {
		at := strconv.Itoa(i)
		for _, earlier := range flows[:i] {
			if earlier.ID == f.ID {
				out = append(out, problem.Problem{Path: at + ".id", Message: fmt.Sprintf("flow %q is defined twice", f.ID), Mend: "give each flow an id of its own"})
				break
			}
		}
		out = append(out, problem.At(at, f.Validate(known))...)
	}
	return out
}

// Validate names every mistake of a flow: what isn't defined, what no caller reaches, what never ends.
func (f Flow) Validate(known Known) []problem.Problem {
	c := &checker{flow: f, known: known}
	if f.ID == "" {
		c.add("id", "a flow has no id", "give it one, for example main")
	}
	if len(f.Nodes) == 0 {
		c.add("nodes", "the flow has no nodes", "write at least one node, for example one of type queue")
		return c.problems
	}
	c.target("start", f.Start, true)
	for _, id := range c.ids() {
		c.node(id, f.Nodes[id])
	}
	if len(c.problems) == 0 {
		c.reach()
		c.ends()
		c.loops()
	}
	return c.problems
}

// checker gathers the problems of one flow or schedule.
type checker struct {
	flow     Flow
	known    Known
	problems []problem.Problem
}

func (c *checker) add(path, message, mend string) {
	c.problems = append(c.problems, problem.Problem{Path: path, Message: message, Mend: mend})
}

func (c *checker) ids() []string { return slices.Sorted(maps.Keys(c.flow.Nodes)) }

func (c *checker) target(path, id string, required bool) {
	if id == "" {
		if required {
			c.add(path, "the target is missing", "name a node of this flow")
		}
		return
	}
	if _, ok := c.flow.Nodes[id]; !ok {
		c.add(path, fmt.Sprintf("node %q is not defined", id), "define it under nodes, or name one of "+strings.Join(c.ids(), ", "))
	}
}

func (c *checker) node(id string, n Node) {
	at := "nodes." + id + "."
	switch n.Type {
	case TypeSchedule:
		c.reference(at+"schedule", "schedule", n.Schedule, c.known.Schedules)
		c.target(at+"open", n.Open, true)
		c.target(at+"closed", n.Closed, true)
	case TypePlay:
		if len(n.Media) == 0 {
			c.add(at+"media", "there is nothing to play", "name at least one sound, for example [hello-world]")
		}
		c.target(at+"next", n.Next, true)
	case TypeMenu:
		c.asks(at, n)
		c.menu(at, n)
	case TypeCollect:
		c.asks(at, n)
		c.collect(at, n)
	case TypeLookup:
		c.target(at+"next", n.Next, true)
		c.target(at+"not_found", n.NotFound, true)
		c.target(at+"failed", n.Failed, false)
	case TypeIncident:
		c.target(at+"next", n.Next, true)
		c.target(at+"told", n.Told, false)
	case TypeBranch:
		c.branch(at, n)
	case TypeLanguage:
		if n.Language == "" {
			c.add(at+"language", "the language is missing", "name a folder of Asterisk's sounds, for example ru")
		}
		c.target(at+"next", n.Next, true)
	case TypeSet:
		c.set(at, n)
	case TypeQueue:
		c.queue(at, n)
	case TypeDial:
		c.asks(at, n)
		c.dial(at, n)
	case TypeVoicemail:
		c.voicemail(at, n)
	case TypeCallback:
		c.asks(at, n)
		c.callback(at, n)
	case TypeTransfer:
		if n.Number == "" {
			c.add(at+"number", "the number is missing", `write where callers are sent on to: "+49301234567"`)
		}
	case TypeHangup:
	default:
		c.add(at+"type", fmt.Sprintf("%q is no type of node", n.Type), "write one of schedule, play, menu, collect, lookup, branch, language, set, incident, voicemail, callback, queue, dial, transfer, hangup")
	}
	c.media(at+"media", n.Media)
}

func (c *checker) queue(at string, n Node) {
	c.reference(at+"queue", "queue", n.Queue, c.known.Queues)
	for _, skill := range slices.Sorted(maps.Keys(n.Skills)) {
		if n.Skills[skill] < 1 {
			c.add(at+"skills."+skill, "a skill's level is below 1", "write the least level an agent must have, 1 or more")
		}
	}
	c.exits(at, n, false)
}

// Limits of a message.
const (
	longestMessage = 30 * time.Minute
	longestSilence = time.Minute
)

func (c *checker) voicemail(at string, n Node) {
	c.reference(at+"queue", "queue", n.Queue, c.known.Queues)
	c.media(at+"prompt", n.Prompt)
	c.target(at+"next", n.Next, true)
	if n.Longest != 0 && n.Longest < 5*time.Second || n.Longest > longestMessage {
		c.add(at+"longest", fmt.Sprintf("a message can't last %s", n.Longest), fmt.Sprintf("write a time from 5s to %s, for example 3m", longestMessage))
	}
	if n.Silence != 0 && n.Silence < time.Second || n.Silence > longestSilence || n.Silence%time.Second != 0 {
		c.add(at+"silence", fmt.Sprintf("%s is no useful silence", n.Silence), fmt.Sprintf("write whole seconds from 1s to %s, for example 5s", longestSilence))
	}
}

// dial: who is not there or does not answer has no queue that takes over.
func (c *checker) dial(at string, n Node) {
	if !c.known.Dialled {
		c.add(at+"type", "no queue and no agent has an extension that could be dialled", `give some an extension, for example "201"`)
	}
	c.exits(at, n, true)
}

// exits checks the ways back from a queue.
func (c *checker) exits(at string, n Node, required bool) {
	for _, key := range slices.Sorted(maps.Keys(n.Keys)) {
		if len(key) != 1 || strings.Trim(key, keys) != "" {
			c.add(at+"keys."+key, fmt.Sprintf("%q is no key of a phone", key), "write one digit, * or #, in quotes")
		}
		c.target(at+"keys."+key, n.Keys[key], true)
	}
	c.target(at+"full", n.Full, false)
	c.target(at+"empty", n.Empty, required)
	c.target(at+"max_wait", n.MaxWait, required)
}

func (c *checker) media(path string, names []string) {
	c.problems = append(c.problems, problem.At(path, ValidateMedia(names))...)
}

func (c *checker) reference(path, what, id string, known []string) {
	if slices.Contains(known, id) {
		return
	}
	c.add(path, fmt.Sprintf("%s %q is not defined", what, id), fmt.Sprintf("define it under %ss, or name one of %s", what, strings.Join(known, ", ")))
}

// asks checks what menu, collect, dial and callback have in common.
func (c *checker) asks(at string, n Node) {
	if len(n.Prompt) == 0 {
		c.add(at+"prompt", "the caller is asked nothing", "name at least one sound, for example [vm-press, digits/1]")
	}
	c.media(at+"prompt", n.Prompt)
	c.media(at+"no_input_media", n.NoInputMedia)
	c.media(at+"invalid_media", n.InvalidMedia)
	c.timeout(at+"timeout", n.Timeout)
	c.timeout(at+"inter_digit", n.InterDigit)
	c.timeout(at+"overall", n.Overall)
	if n.Tries < 0 || n.Tries > maxTries {
		c.add(at+"tries", fmt.Sprintf("%d tries", n.Tries), fmt.Sprintf("write a number from 1 to %d", maxTries))
	}
	c.target(at+"no_input", n.NoInput, false)
	c.target(at+"invalid", n.Invalid, false)
	c.target(at+"gave_up", n.GaveUp, false)
}

func (c *checker) timeout(path string, d time.Duration) {
	if d < 0 || d > maxTimeout || d > 0 && d < 100*time.Millisecond {
		c.add(path, fmt.Sprintf("%s is no useful time to wait", d), fmt.Sprintf("write a time from 100ms to %s, for example 5s", maxTimeout))
	}
}

func (c *checker) menu(at string, n Node) {
	if len(n.Options) == 0 {
		c.add(at+"options", "the menu has no options", `write at least one, for example "1": {next: …}`)
	}
	for _, key := range slices.Sorted(maps.Keys(n.Options)) {
		if key == "" || strings.Trim(key, keys) != "" {
			c.add(at+"options."+key, fmt.Sprintf("%q can't be pressed on a phone", key), "write digits, * or #, in quotes")
		}
		c.target(at+"options."+key+".next", n.Options[key].Next, true)
	}
}

func (c *checker) collect(at string, n Node) {
	c.digits(at, n.Min, n.Max, n.Terminator)
	if n.NotFound != "" && !n.Lookup {
		c.add(at+"not_found", "not_found without lookup is never reached", "write lookup: true, or leave not_found out")
	}
	if len(n.Confirm) > 0 {
		c.confirm(at, n)
		if n.Secret {
			c.add(at+"confirm", "secret digits can't be read back", "leave confirm out, or secret")
		}
	}
	if n.Save != "" {
		c.variable(at+"save", n.Save)
		if n.Secret {
			c.add(at+"save", "secret digits can't be kept in a variable", "leave save out, or secret")
		}
	}
	c.target(at+"next", n.Next, true)
	c.target(at+"not_found", n.NotFound, false)
}

// callback: who has no number of his own is asked for one, and no number is called that nobody has said is right.
func (c *checker) callback(at string, n Node) {
	c.reference(at+"queue", "queue", n.Queue, c.known.Queues)
	c.digits(at, cmp.Or(n.Min, DefaultLeastNumber), cmp.Or(n.Max, DefaultMostNumber), n.Terminator)
	c.confirm(at, n)
	if n.Mended && !c.known.Incidents {
		c.add(at+"mended", "no incident is defined that could be over", "define one under incidents, or leave mended out")
	}
	c.target(at+"next", n.Next, true)
	c.target(at+"failed", n.Failed, false)
}

func (c *checker) digits(at string, least, most int, terminator string) {
	if most < 1 || most > maxDigits {
		c.add(at+"max", fmt.Sprintf("at most %d digits", most), fmt.Sprintf("write a number from 1 to %d", maxDigits))
	}
	if least < 0 || least > most {
		c.add(at+"min", fmt.Sprintf("at least %d and at most %d digits", least, most), "write a number from 1 to max")
	}
	if terminator != "" && terminator != "#" && terminator != "*" {
		c.add(at+"terminator", fmt.Sprintf("%q can't end the digits", terminator), `write "#" or "*", or leave it out`)
	}
}

func (c *checker) confirm(at string, n Node) {
	c.media(at+"confirm", n.Confirm)
	if !slices.Contains(n.Confirm, readBack) {
		c.add(at+"confirm", "the digits are not read back", `put "{digits}" where they are to be said`)
	}
}

func (c *checker) branch(at string, n Node) {
	if len(n.Cases) == 0 {
		c.add(at+"cases", "the branch has no cases", `write at least one, for example {when: 'language == "ru"', next: …}`)
	}
	for i, one := range n.Cases {
		path := fmt.Sprintf("%scases.%d.", at, i)
		if _, err := compile(one.When); err != nil {
			message, _, _ := strings.Cut(err.Error(), "\n")
			c.add(path+"when", fmt.Sprintf("%q is no condition: %s", one.When, message), "conditions are described in docs/ivr.md#conditions")
		}
		c.target(path+"next", one.Next, true)
	}
	c.target(at+"otherwise", n.Otherwise, true)
}

func (c *checker) set(at string, n Node) {
	if len(n.Set) == 0 && n.Priority == 0 {
		c.add(at+"set", "nothing is set", "write set: {name: text}, priority: 1, or both")
	}
	for _, name := range slices.Sorted(maps.Keys(n.Set)) {
		c.variable(at+"set."+name, name)
	}
	c.target(at+"next", n.Next, true)
}

func (c *checker) variable(path, name string) {
	if !isVariable(name) {
		c.add(path, fmt.Sprintf("%q is no name of a variable", name), "write letters, digits and _, beginning with a letter")
	}
}

// isVariable tells whether conditions can write the name after "vars.".
func isVariable(name string) bool {
	const letters, others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789_"
	return name != "" && strings.Contains(letters, name[:1]) && strings.Trim(name, letters+others) == ""
}
