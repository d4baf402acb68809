package sim

import (
	"slices"
	"strconv"
	"time"

	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// The tiny world of a run: so few names that everything collides with everything.
const (
	node      = "pbx1"
	langOne   = "en"
	langTwo   = "ru"
	codeLogin = "*11"
	codeOut   = "*12"
	codeReady = "*13"
	codePause = "*14"
)

// missingMedia is a file Asterisk doesn't have: its playback fails.
const missingMedia = "sound:no-such-file"

func agentIDs() []string      { return []string{"anna", "boris", "clara"} }
func queueIDs() []string      { return []string{"support", "sales"} }
func numbers() []string       { return []string{"", "1001", "1002", "1003", "1004"} }
func skillNames() []string    { return []string{"english", "russian"} }
func pauseNames() []string    { return []string{"break", "lunch"} }
func codeNames() []string     { return []string{"solved", "forwarded"} }
func dialedOnes() []string    { return []string{"1000", "2000"} }
func endpointOf(i int) string { return "PJSIP/" + strconv.Itoa(101+i) }

// drawPlan throws the plan of a seed; version tells several plans of one seed apart.
func drawPlan(d *dice, version int) *callcenter.Plan {
	p := &callcenter.Plan{
		Version: "v" + strconv.Itoa(version),
		Node:    node,
		Pauses:  pauseNames(),
		Codes:   one(d, nil, codeNames()),
		Features: callcenter.Features{
			Login: codeLogin, Logout: codeOut, Ready: codeReady, Pause: codePause,
			LoginMedia: drawMedia(d), LogoutMedia: drawMedia(d), ReadyMedia: drawMedia(d),
			PauseMedia: drawMedia(d), ErrorMedia: drawMedia(d),
		},
		Lookup:    callcenter.LookupPlan{ByNumber: d.chance(0.5), Timeout: one(d, time.Second, 2*time.Second)},
		Age:       one(d, 0, 0, 0, 10*time.Second),
		TicketURL: one(d, "", "https://tickets.example/{id}"),
		Schedules: []ivr.Schedule{{
			ID: "office", Zone: "Europe/Berlin",
			Open: []ivr.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", Until: one(d, "12:00", "18:00")}},
		}},
	}
	overflows := d.below(3) // one of the queues flows over into the other, or none: never both
	for i, id := range queueIDs() {
		q := drawQueue(d, id)
		if i == overflows && q.MaxWait > 0 {
			q.Overflow = queueIDs()[1-i]
		}
		p.Queues = append(p.Queues, q)
	}
	for i, id := range agentIDs() {
		p.Agents = append(p.Agents, drawAgent(d, id, endpointOf(i)))
	}
	for _, s := range skillNames() { // what callers are asked for somebody has, also when the last agent leaves
		if !slices.ContainsFunc(p.Agents[:len(p.Agents)-1], func(a callcenter.Agent) bool { return a.Skills[s] > 0 }) {
			p.Agents[0].Skills[s] = 1
		}
	}
	p.Flows = []ivr.Flow{drawFlow(d, "main"), drawFlow(d, "other")}
	p.Entries = append(drawVersions(d), drawEntries(d)...)
	drawIncidents(d, p)
	drawTransfers(d, p)
	drawRecordings(d, p)
	drawCallbacks(d, p)
	p.Billable = one(d, nil, pauseNames()[:1], pauseNames()[1:])
	drawSeats(d, p)
	drawOverall(d, p)
	return p
}

// drawEntries throws who is let in where: everybody by the number he dialled, or some by their own number before that.
func drawEntries(d *dice) []callcenter.Entry {
	list := []callcenter.Entry{{Number: dialedOnes()[0], Flow: "main"}, {Number: anyNumber, Flow: one(d, "main", "other")}}
	if d.chance(0.5) {
		return list
	}
	to := one(d, "main", "other")
	special := one(d,
		[]callcenter.Entry{
			{Number: anyNumber, Callers: one(d, []string{"1003"}, []string{"1003", withheld}, []string{"999*"}), Reject: true},
			{Number: one(d, anyNumber, dialedOnes()[1]), Callers: []string{"1001", "1002*"}, Flow: to},
		},
		[]callcenter.Entry{
			{Number: anyNumber, Listed: true, Reject: true}, // a list with nobody in it
			{Number: dialedOnes()[1], Callers: []string{"1001"}, Reject: true},
			{Number: anyNumber, Callers: []string{"100*"}, Flow: to},
		})
	return append(special, list...)
}

// drawVersions throws entries that hold for a share of the callers, or for a time, before the others.
func drawVersions(d *dice) []callcenter.Entry {
	var list []callcenter.Entry
	if d.chance(0.3) {
		list = append(list, callcenter.Entry{Number: one(d, anyNumber, dialedOnes()[0]), Share: one(d, 30, 70), Flow: one(d, "main", "other")})
	}
	if d.chance(0.3) {
		from := one(d, time.Time{}, born().Add(time.Minute))
		until := one(d, time.Time{}, born().Add(5*time.Minute))
		if from.IsZero() && until.IsZero() {
			from = born().Add(3 * time.Minute)
		}
		list = append(list, callcenter.Entry{Number: anyNumber, From: from, Until: until, Flow: one(d, "main", "other")})
	}
	return list
}

func drawQueue(d *dice, id string) callcenter.Queue {
	seconds := func(of ...int) time.Duration { return time.Duration(one(d, of...)) * time.Second }
	first := seconds(0, 1, 10)
	tells := first > 0 && d.chance(0.6)
	whisper := drawMedia(d)
	if d.chance(0.6) {
		whisper = nil
	}
	comfort, every := drawMedia(d), time.Duration(0)
	if len(comfort) > 0 {
		every = seconds(5, 8)
	}
	return callcenter.Queue{
		ID: id, Name: id,
		Priority:      one(d, 0, 0, 1),
		Weight:        one(d, 0, 0, 0, 1),
		Strategy:      one(d, strategies()...),
		Requires:      one(d, "", "", "", expressions()[1]),
		MaxTier:       one(d, 0, 0, 1),
		Relax:         drawSteps(d),
		PreferOwner:   seconds(0, 0, 10),
		PreferLast:    seconds(0, 0, 3, 20),
		KeepPlace:     seconds(0, 10, 60, 3600),
		RingTimeout:   seconds(2, 5, 15),
		WrapUp:        seconds(0, 0, 3, 10),
		WrapUpExtend:  seconds(5, 30),
		MaxMissed:     one(d, 0, 1, 2),
		RetryDelay:    seconds(0, 1, 5),
		MaxWait:       seconds(0, 5, 30, 120),
		OverflowMedia: drawMedia(d),
		MaxLength:     one(d, 0, 0, 1, 3),
		Staff:         one(d, callcenter.StaffLoggedIn, callcenter.StaffActive),
		LeaveEmpty:    seconds(0, 0, 3, 20),
		MaxExpected:   seconds(0, 0, 0, 10),
		JoinEmpty:     d.chance(0.5),
		MusicClass:    one(d, "default", "opera"),
		Announce:      seconds(0, 10, 20),
		AnnounceWait:  tells,
		AnnounceFirst: first,
		ComfortMedia:  comfort,
		WhisperMedia:  whisper,
		ComfortEvery:  every,
		ServiceLevel:  20 * time.Second,
		ShortAbandon:  5 * time.Second,
		FullMedia:     drawMedia(d),
		EmptyMedia:    drawMedia(d),
	}
}

func strategies() []callcenter.Strategy {
	return []callcenter.Strategy{
		callcenter.LongestIdle, callcenter.LeastRecent, callcenter.FewestCalls, callcenter.LeastTalk, callcenter.RoundRobin,
		callcenter.Ordered, callcenter.Random, callcenter.Weighted, callcenter.RingAll, callcenter.RingAll,
	}
}

// expressions over skills; satisfies must know each.
func expressions() []string {
	return []string{"english > 0 or russian >= 2", "not (english > 1)", "true"}
}

// drawSteps throws how a queue widens the circle of agents: not at all, or to everybody in the end.
func drawSteps(d *dice) []callcenter.RelaxStep {
	if d.chance(0.4) {
		return nil
	}
	steps := []callcenter.RelaxStep{{After: 2 * time.Second, Requires: one(d, "", expressions()[0]), MaxTier: one(d, 1, 2)}}
	return append(steps, callcenter.RelaxStep{After: one(d, 5*time.Second, 12*time.Second), Requires: one(d, expressions()...), MaxTier: one(d, 0, 9)})
}

func drawAgent(d *dice, id, endpoint string) callcenter.Agent {
	a := callcenter.Agent{ID: id, Name: id, Endpoint: endpoint, Skills: map[string]int{}}
	a.Queues = one(d, queueIDs(), queueIDs(), queueIDs()[:1], queueIDs()[1:])
	for _, s := range skillNames() {
		if level := d.below(4); level > 0 {
			a.Skills[s] = level
		}
	}
	a.Tiers, a.Weights = map[string]int{}, map[string]int{}
	for _, q := range a.Queues {
		a.Tiers[q], a.Weights[q] = 1+d.below(2), 1+d.below(3)
	}
	if d.chance(0.3) {
		wrapUp := time.Duration(d.below(3)) * 4 * time.Second
		a.WrapUp = &wrapUp
	}
	return a
}

// drawFlow throws a small menu with every kind of node; which of them a caller meets depends on the draw.
func drawFlow(d *dice, id string) ivr.Flow {
	seconds := func(of ...int) time.Duration { return time.Duration(one(d, of...)) * time.Second }
	exit := func() string {
		return one(d, "support", "support", "sales", "skilled", "bye", "mark", "sort", "who", "dial", "leave", "call", "out")
	}
	maybe := func(target string) string { return one(d, "", target) }
	skills := map[string]int{}
	if d.chance(0.6) {
		skills[one(d, skillNames()...)] = 1 + d.below(3)
	}
	nodes := map[string]ivr.Node{
		"hours":   {Type: ivr.TypeSchedule, Schedule: "office", Open: one(d, "hello", "menu", "support"), Closed: one(d, "menu", "bye")},
		"hello":   {Type: ivr.TypePlay, Media: someMedia(d), Next: one(d, "menu", "ticket", "support")},
		"menu":    drawMenu(d, exit, seconds, maybe),
		"ticket":  drawCollect(d, exit, seconds, maybe),
		"support": withExits(d, ivr.Node{Type: ivr.TypeQueue, Queue: "support"}),
		"sales":   withExits(d, ivr.Node{Type: ivr.TypeQueue, Queue: "sales", Priority: one(d, 0, 1)}),
		"skilled": withExits(d, ivr.Node{
			Type: ivr.TypeQueue, Queue: one(d, queueIDs()...), Priority: one(d, 0, 2), Skills: skills, Requires: one(d, "", expressions()[0]),
		}),
		"dial": drawDial(d, seconds, maybe),
		"call": drawCall(d, seconds, maybe),
		"leave": {
			Type: ivr.TypeVoicemail, Queue: one(d, queueIDs()...), Prompt: drawMedia(d), Longest: seconds(5, 20), Silence: seconds(1, 3),
			Next: one(d, "bye", "bye", "support"),
		},
		"bye":  {Type: ivr.TypeHangup, Media: drawMedia(d)},
		"out":  {Type: ivr.TypeTransfer, Number: outsideNumber},
		"mark": {Type: ivr.TypeSet, Set: map[string]string{"topic": one(d, "a", "b")}, Priority: one(d, 0, 1), Next: "sort"},
		"who":  {Type: ivr.TypeLookup, Next: one(d, "mark", "support"), NotFound: one(d, "sort", "sales"), Failed: maybe("bye")},
		"sort": {Type: ivr.TypeBranch, Otherwise: one(d, "support", "bye"), Cases: []ivr.Case{
			{When: one(d, conditions()...), Next: one(d, "sales", "skilled")},
			{When: one(d, conditions()...), Next: one(d, "support", "sales")},
		}},
	}
	start := one(d, "hours", "hello", "menu", "ticket", "support", "mark", "who")
	return ivr.Flow{ID: id, Start: start, Nodes: reachable(nodes, start)}
}

// withExits throws the ways out of a queue.
func withExits(d *dice, n ivr.Node) ivr.Node {
	if d.chance(0.5) {
		return n
	}
	n.Keys = map[string]string{"#": one(d, "menu", "hello", "sort"), "9": one(d, "bye", "ticket", "leave", "call"), "3": "sales", "1": "call"}
	n.Full, n.Empty, n.MaxWait = one(d, "", "bye", "call"), one(d, "", "bye", "call"), one(d, "", "hello", "bye", "call")
	return n
}

func drawMenu(d *dice, exit func() string, seconds func(...int) time.Duration, maybe func(string) string) ivr.Node {
	return ivr.Node{
		Type: ivr.TypeMenu, Prompt: someMedia(d), Timeout: seconds(1, 3, 5), Tries: 1 + d.below(3),
		NoInput: maybe(exit()), Invalid: maybe(exit()), GaveUp: maybe(exit()),
		NoInputMedia: drawMedia(d), InvalidMedia: drawMedia(d),
		Options: map[string]ivr.Option{
			"1": {Label: "one", Language: one(d, "", langTwo), Next: exit()},
			"2": {Label: "two", Language: one(d, "", langOne), Next: one(d, "ticket", exit())},
		},
	}
}

// drawOverall throws how long callers may take for a whole number.
func drawOverall(d *dice, p *callcenter.Plan) {
	for _, f := range p.Flows {
		if n, asks := f.Nodes["ticket"]; asks {
			n.Overall = one(d, 0, 0, 2*time.Second)
			f.Nodes["ticket"] = n
		}
	}
}

func drawDial(d *dice, seconds func(...int) time.Duration, maybe func(string) string) ivr.Node {
	n := withExits(d, ivr.Node{
		Type: ivr.TypeDial, Prompt: someMedia(d), Timeout: seconds(3, 5), InterDigit: seconds(1, 3), Tries: 1 + d.below(3),
		Invalid: maybe("bye"), GaveUp: maybe("bye"), InvalidMedia: drawMedia(d),
	})
	n.Empty, n.MaxWait = one(d, "bye", "support"), one(d, "bye", "sales")
	return n
}

func drawCollect(d *dice, exit func() string, seconds func(...int) time.Duration, maybe func(string) string) ivr.Node {
	n := ivr.Node{
		Type: ivr.TypeCollect, Prompt: someMedia(d), Timeout: seconds(1, 3, 5), InterDigit: seconds(1, 3),
		Tries: 1 + d.below(3), Min: 1 + d.below(2), Max: 2 + d.below(3), Terminator: one(d, "", "#"),
		Lookup: d.chance(0.7), Secret: d.chance(0.3),
		Next: exit(), NoInput: maybe(exit()), Invalid: maybe(exit()), GaveUp: maybe(exit()),
		NoInputMedia: drawMedia(d), InvalidMedia: drawMedia(d),
	}
	if !n.Secret && d.chance(0.3) {
		n.Confirm = []string{"you-said", "{digits}"}
	}
	if n.Lookup {
		n.NotFound = maybe(exit())
	}
	return n
}

// reachable leaves out the nodes nothing leads to: a plan with such a node is refused.
func reachable(nodes map[string]ivr.Node, start string) map[string]ivr.Node {
	kept := map[string]ivr.Node{}
	todo := []string{start}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		if _, known := kept[id]; known || id == "" {
			continue
		}
		n := nodes[id]
		kept[id] = n
		todo = append(todo, n.Open, n.Closed, n.Next, n.NoInput, n.Invalid, n.GaveUp, n.NotFound, n.Otherwise, n.Failed, n.Full, n.Empty, n.MaxWait)
		for _, c := range n.Cases {
			todo = append(todo, c.Next)
		}
		for _, key := range [...]string{"1", "2", "3", "9", "#"} {
			todo = append(todo, n.Options[key].Next, n.Keys[key])
		}
	}
	return kept
}

// conditions of branches; holds must know each.
func conditions() []string {
	return []string{`vars.topic == "a"`, `language == "ru" and customer != "nobody"`, `int(number) > 1002`}
}

// holds is what a condition says of a caller, without the expression language. A withheld number is no number.
func holds(condition, number, language, topic string) (held, unfit bool) {
	switch condition {
	case conditions()[0]:
		return topic == "a", false
	case conditions()[1]:
		return language == langTwo, false
	default:
		n, err := strconv.Atoi(number)
		return err == nil && n > 1002, err != nil
	}
}

// drawMedia throws what is played; often nothing.
func drawMedia(d *dice) []string {
	if d.chance(0.3) {
		return nil
	}
	return someMedia(d)
}

func someMedia(d *dice) []string {
	media := make([]string, 1+d.below(3))
	for i := range media {
		media[i] = one(d, "sound:hello-world", "sound:vm-press", "digits:1", "number:42")
		if d.chance(0.03) {
			media[i] = missingMedia
		}
	}
	return media
}
