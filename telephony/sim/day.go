package sim

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// WriteDay simulates one day of an ordinary call centre through the real core and writes its facts to w, one line of
// CloudEvents JSON each, in the order of their logs: contacts and agents from the source "controller", ticket events,
// repeated and late deliveries included, from "api/1". The day begins at start and has about as many callers as contacts
// says, most of them in office hours; facts may lie up to two days after its end (talks over midnight, tickets). The
// same arguments give the same bytes. The error is a *Failure, or the writer's.
func WriteDay(w io.Writer, seed uint64, start time.Time, contacts int) error {
	return WriteDays(w, seed, start, 1, contacts)
}

// WriteDays is WriteDay for several days on end, with that many contacts on each.
func WriteDays(w io.Writer, seed uint64, start time.Time, days, contacts int) error {
	out := &factWriter{w: w, positions: map[string]uint64{}, epoch: "sim-" + strconv.FormatUint(seed, 10)}
	world := newWorld(Options{Seed: seed, Steps: int(^uint(0) >> 1)}, setting{until: time.Duration(days) * day}, daySite(start, contacts))
	office := &office{w: world, out: out}
	world.sink = office.recorded
	world.ledger.ended = office.ended
	office.plan(days, contacts)
	world.run()
	world.until(world.now + 2*day)
	if out.err != nil {
		return out.err
	}
	if world.failure != nil {
		return explained(world, start, days, contacts)
	}
	return nil
}

// DayPlan is the plan by which WriteDay plays a day of so many contacts.
func DayPlan(contacts int) *callcenter.Plan { return dayPlan(dayAgents(contacts)) }

// dayAgents is how many agents the callers of a day need.
func dayAgents(contacts int) int { return 3 + contacts/150 }

// explained adds the state of the world to a failure of a day, whose trace is not kept.
func explained(w *world, start time.Time, days, contacts int) error {
	return fmt.Errorf("simulate %d days of %d contacts from %s: %w", days, contacts, start.Format(time.DateOnly), w.failure)
}

const day = 24 * time.Hour

// factWriter numbers facts as their logs do and writes them.
type factWriter struct {
	w         io.Writer
	epoch     string
	positions map[string]uint64
	err       error
}

func (o *factWriter) write(source string, f fact.Fact) {
	if o.err != nil {
		return
	}
	o.positions[source]++
	f.Source, f.Epoch, f.Position = source, o.epoch+"-"+source, o.positions[source]
	line, err := fact.Encode(f)
	if err == nil {
		_, err = o.w.Write(append(line, '\n'))
	}
	if err != nil {
		o.err = fmt.Errorf("write simulated facts: %w", err)
	}
}

// daySite is an ordinary call centre with as many agents as the callers need.
func daySite(start time.Time, contacts int) site {
	agents := dayAgents(contacts)
	s := site{
		born: start.UTC(),
		weather: weather{
			calm: true, lag: 5 * time.Millisecond, poll: 5 * time.Minute, reconcile: 10 * time.Minute,
			patience: 3 * time.Minute, talk: 3 * time.Minute, answerLag: 4 * time.Second, lookupLag: 300 * time.Millisecond,
			media: 5 * time.Second,
		},
		plan:   dayPlan(agents),
		dialed: []string{"1000", "1000", "1000", "2000"},
	}
	for i := range contacts/2 + 1 {
		s.numbers = append(s.numbers, "+4930"+strconv.Itoa(1000000+i))
	}
	return s
}

// dayPlan is two queues with a menu before them.
func dayPlan(agents int) *callcenter.Plan {
	queue := func(id, name string) callcenter.Queue {
		return callcenter.Queue{
			ID: id, Name: name, Strategy: callcenter.LongestIdle, Staff: callcenter.StaffLoggedIn, RingTimeout: 15 * time.Second, WrapUp: 20 * time.Second, WrapUpExtend: 30 * time.Second,
			MaxMissed: 2, RetryDelay: 5 * time.Second, MaxWait: 5 * time.Minute, MaxLength: 20, MusicClass: "default", AnnounceWait: true,
			Announce: 30 * time.Second, AnnounceFirst: 10 * time.Second, ServiceLevel: 20 * time.Second, ShortAbandon: 5 * time.Second,
		}
	}
	support, sales := queue("support", "Support"), queue("sales", "Sales")
	support.Overflow = sales.ID
	sales.JoinEmpty, sales.WrapUp = true, 0
	p := &callcenter.Plan{
		Version: "day", Node: node, Queues: []callcenter.Queue{support, sales}, Pauses: pauseNames(), Billable: pauseNames()[:1], Codes: codeNames(),
		Features: callcenter.Features{Login: codeLogin, Logout: codeOut, Ready: codeReady, Pause: codePause},
		Lookup:   callcenter.LookupPlan{ByNumber: true, Timeout: 2 * time.Second},
		Entries:  []callcenter.Entry{{Number: "*", Flow: "main"}},
		Flows:    []ivr.Flow{dayFlow()},
	}
	for i := range agents {
		a := callcenter.Agent{
			ID: fmt.Sprintf("agent%02d", i+1), Name: fmt.Sprintf("Agent %d", i+1), Endpoint: endpointOf(i),
			Skills: map[string]int{"english": 1 + i%3}, Queues: []string{"support", "sales"},
		}
		if i%3 == 2 {
			a.Queues = a.Queues[1:]
			a.Skills["russian"] = 2
		}
		p.Agents = append(p.Agents, a)
	}
	return p
}

func dayFlow() ivr.Flow {
	prompt := []string{"sound:vm-press", "digits:1"}
	return ivr.Flow{ID: "main", Start: "hello", Nodes: map[string]ivr.Node{
		"hello": {Type: ivr.TypePlay, Media: []string{"sound:hello-world"}, Next: "language"},
		"language": {
			Type: ivr.TypeMenu, Prompt: prompt, Timeout: 5 * time.Second, Tries: 2, GaveUp: "bye", NoInput: "topic",
			Options: map[string]ivr.Option{
				"1": {Label: "English", Language: langOne, Next: "topic"}, "2": {Label: "Русский", Language: langTwo, Next: "topic"},
			},
		},
		"topic": {
			Type: ivr.TypeMenu, Prompt: prompt, Timeout: 5 * time.Second, Tries: 3, GaveUp: "support",
			Options: map[string]ivr.Option{
				"1": {Label: "Support", Next: "ticket"}, "2": {Label: "Sales", Next: "sales"}, "3": {Label: "Hours", Next: "bye"},
			},
		},
		"ticket": {
			Type: ivr.TypeCollect, Prompt: prompt, Min: 1, Max: 4, Terminator: "#", Timeout: 5 * time.Second,
			InterDigit: 3 * time.Second, Tries: 2, Lookup: true, Next: "support", NoInput: "support", GaveUp: "support",
		},
		"support": {Type: ivr.TypeQueue, Queue: "support"},
		"sales":   {Type: ivr.TypeQueue, Queue: "sales", Priority: 1, Skills: map[string]int{"english": 1}},
		"bye":     {Type: ivr.TypeHangup, Media: []string{"sound:vm-goodbye"}},
	}}
}
