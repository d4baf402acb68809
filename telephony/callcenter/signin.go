package callcenter

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Somebody logs in at a seat by its phone: he dialled the log-in code, enters his number and, where the plan asks for it, his PIN,
// each ended by "#". The PIN is checked outside the core, which never writes it.

// numberMark stands between the log-in code and the agent's number.
const numberMark = "*"

const (
	maxNumber   = 20
	maxPIN      = 32
	enterFirst  = 10 * time.Second // until the first key
	enterNext   = 5 * time.Second  // until the next one; then what was entered counts
	checkLimit  = 5 * time.Second  // for a PIN
	checkMargin = time.Second
	signInTries = 3 // in one call
)

// Mistakes in a row after which nobody can log in for a while, by the number or at the phone: then each doubles the time.
const (
	freeByNumber  = 3
	freeByPhone   = 10
	firstLock     = 30 * time.Second
	longestLock   = 15 * time.Minute
	forgetMistake = time.Hour
)

// signIn is how far somebody is.
type signIn struct {
	Asks     asks      `json:"asks"`
	Agent    string    `json:"agent,omitempty"`  // whose number it was; "" = nobody's
	Digits   string    `json:"digits,omitempty"` // entered so far; of a PIN in memory only
	Tries    int       `json:"tries,omitempty"`  // that failed
	Playback string    `json:"pb,omitempty"`
	Check    string    `json:"check,omitempty"` // of the PIN, under way
	Due      time.Time `json:"due,omitzero"`
}

// asks is what he is asked for.
type asks string

const (
	asksNumber asks = "number"
	asksPIN    asks = "pin"
	asksNobody asks = "check" // the PIN is checked
)

// mistakes are failed log-ins by an agent's number, or at a phone.
type mistakes struct {
	Of    string    `json:"of"` // agent/ID, or the phone's endpoint
	N     int       `json:"n"`
	Last  time.Time `json:"last"`
	Until time.Time `json:"until,omitzero"` // locked until
}

// withoutPIN is what was dialled, without what somebody dialled behind his number: that is no way to give a PIN, and might be one.
func (f Features) withoutPIN(dialed string) string {
	if !f.loginCode(dialed) {
		return dialed
	}
	code := f.Login + numberMark
	number, _, more := strings.Cut(strings.TrimPrefix(dialed, code), numberMark)
	if more {
		number += numberMark
	}
	return code + number
}

// seatCall: a feature code was dialled at a seat: by nobody who is known, or to log in.
func (c *Center) seatCall(ct *contact) {
	action, number, ok := c.plan.feature(ct.Dialed)
	if !ok || action != ActionLogin || c.plan.seatAt(ct.From) == nil {
		c.closeWith(ct, refused(), c.planFor(ct).Features.ErrorMedia)
		return
	}
	ct.Stage, ct.SignIn = stageSignIn, &signIn{}
	c.touch(ct)
	if number == "" {
		c.ask(ct, asksNumber, c.plan.Features.NumberMedia)
		return
	}
	c.numbered(ct, number)
}

func refused() fact.Termination {
	return fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonRefused}
}

// ask says what is asked for, and listens.
func (c *Center) ask(ct *contact, what asks, media []string) {
	s := ct.SignIn
	s.Asks, s.Digits, s.Check, s.Playback, s.Due = what, "", "", "", c.now.Add(enterFirst)
	if len(media) > 0 {
		s.Playback, s.Due = c.play(ct, media), c.now.Add(playLimit)
	}
	c.touch(ct)
}

// askAgain: after the link was down keys may be lost, and so may be the word on a PIN.
func (c *Center) askAgain(ct *contact) {
	s, f := ct.SignIn, c.plan.Features
	if s.Playback != "" {
		c.stopPlay(ct, s.Playback)
	}
	if s.Asks == asksNumber {
		c.ask(ct, asksNumber, f.NumberMedia)
		return
	}
	c.ask(ct, asksPIN, f.PINMedia)
}

// inSignIn: somebody logs in at a seat.
func (c *Center) inSignIn(ct *contact, ev Event) {
	s := ct.SignIn
	switch e := ev.(type) {
	case DigitPressed:
		c.signInKey(ct, e)
	case PlaybackEnded:
		if e.Playback != s.Playback {
			c.ignore(IgnoredStale)
			return
		}
		s.Playback, s.Due = "", c.now.Add(enterFirst)
		c.touch(ct)
	case PINChecked:
		c.judge(ct, e)
	case due:
		c.signInDue(ct)
	case callerEnded:
		c.endCall(ct, abandoned(e))
	case answerFailed:
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}})
	default:
		c.ignore(IgnoredStale)
	}
}

// signInKey: "#" ends what is entered, "*" begins it anew.
func (c *Center) signInKey(ct *contact, e DigitPressed) {
	s := ct.SignIn
	if !c.pressed(ct, e) {
		return
	}
	if s.Asks == asksNobody {
		c.ignore(IgnoredNoEffect)
		return
	}
	if s.Playback != "" {
		c.stopPlay(ct, s.Playback)
		s.Playback = ""
	}
	s.Due = c.now.Add(enterNext)
	limit := maxNumber
	if s.Asks == asksPIN {
		limit = maxPIN
	}
	switch {
	case e.Digit == "#":
		c.entered(ct)
	case e.Digit == "*":
		s.Digits = ""
	case len(s.Digits) < limit:
		s.Digits += e.Digit
	}
}

// signInDue: he pressed nothing more, or nobody said what became of a prompt or a check.
func (c *Center) signInDue(ct *contact) {
	s := ct.SignIn
	switch {
	case !c.passed(s.Due):
	case s.Playback != "":
		ct.playsOn(s.Playback)
		s.Playback, s.Due = "", c.now.Add(enterFirst)
	case s.Asks == asksNobody:
		c.judge(ct, PINChecked{Check: s.Check})
	case s.Digits == "":
		c.closeWith(ct, refused(), c.plan.Features.ErrorMedia)
	default:
		c.entered(ct)
	}
}

// entered: a number or a PIN is complete.
func (c *Center) entered(ct *contact) {
	s := ct.SignIn
	digits := s.Digits
	s.Digits = ""
	if s.Asks == asksNumber {
		c.numbered(ct, digits)
		return
	}
	c.checkPIN(ct, digits)
}

// numbered: whose number it is, is not told before the PIN is right.
func (c *Center) numbered(ct *contact, number string) {
	ct.SignIn.Agent = c.plan.numbered(number)
	if c.plan.Features.LoginPIN {
		c.ask(ct, asksPIN, c.plan.Features.PINMedia)
		return
	}
	c.identified(ct, ct.SignIn.Agent != "" && !c.locked(ct.From))
}

// numbered is the agent with that number; "" = nobody.
func (p *planState) numbered(number string) string {
	i := slices.IndexFunc(p.Agents, func(a Agent) bool { return a.Number != "" && a.Number == number })
	if i < 0 {
		return ""
	}
	return p.Agents[i].ID
}

// checkPIN asks whether it is the agent's. While log-ins are locked none is right.
func (c *Center) checkPIN(ct *contact, pin string) {
	s := ct.SignIn
	if c.locked(keyAgent+s.Agent) || c.locked(ct.From) {
		c.identified(ct, false)
		return
	}
	s.Asks, s.Due, s.Check = asksNobody, c.now.Add(checkLimit+checkMargin), ""
	c.order(ct, forPIN, "", func(h Head) Command {
		s.Check = h.ID
		return CheckPIN{Head: h, Agent: s.Agent, PIN: pin, Timeout: checkLimit}
	})
}

// pinChecked: the word on a PIN.
func (c *Center) pinChecked(e PINChecked) {
	ct := c.contacts[ownerOfPart(e.Check)]
	if ct == nil {
		c.ignore(IgnoredUnknownCheck)
		return
	}
	c.toContact(ct, e)
}

func (c *Center) judge(ct *contact, e PINChecked) {
	s := ct.SignIn
	switch {
	case s.Asks != asksNobody || s.Check != e.Check:
		c.ignore(IgnoredStale)
	case !e.Known:
		c.closeWith(ct, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}, c.plan.Features.ErrorMedia)
	default:
		c.identified(ct, e.Right)
	}
}

// identified: it is known whether he is who he says.
func (c *Center) identified(ct *contact, right bool) {
	s := ct.SignIn
	if !right {
		c.mistaken(ct)
		return
	}
	a, seat := c.agentOf[s.Agent], c.plan.seatAt(ct.From)
	c.forgive(s.Agent, ct.From)
	served := a != nil && seat != nil && c.act(a, Control{Actor: s.Agent, By: fact.ByPhone, Action: ActionLogin, Seat: seat.ID}) == ""
	if !served {
		c.closeWith(ct, refused(), c.plan.Features.ErrorMedia)
		return
	}
	c.closeWith(ct, fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}, c.plan.Features.LoginMedia)
}

// mistaken: a wrong number or PIN. He may try again, but not for ever.
func (c *Center) mistaken(ct *contact) {
	s := ct.SignIn
	c.ignore(IgnoredWrongLogIn)
	c.mistake(ct.From, freeByPhone)
	if s.Agent != "" {
		c.mistake(keyAgent+s.Agent, freeByNumber)
	}
	if s.Tries++; s.Tries >= signInTries {
		c.closeWith(ct, refused(), c.plan.Features.ErrorMedia)
		return
	}
	s.Agent = ""
	c.ask(ct, asksNumber, c.plan.Features.WrongMedia)
}

// mistake counts a failed log-in. While it is locked nothing counts: then nothing was tried.
func (c *Center) mistake(of string, free int) {
	if c.locked(of) {
		return
	}
	c.forgetMistakes()
	i := slices.IndexFunc(c.meta.Mistakes, func(m mistakes) bool { return m.Of == of })
	if i < 0 {
		c.meta.Mistakes = append(c.meta.Mistakes, mistakes{Of: of})
		i = len(c.meta.Mistakes) - 1
	}
	m := &c.meta.Mistakes[i]
	m.N, m.Last = m.N+1, c.now
	if over := m.N - free; over >= 0 {
		m.Until = c.now.Add(min(firstLock<<min(over, 10), longestLock))
	}
	c.touched.meta = true
}

// locked tells whether nobody can log in so now.
func (c *Center) locked(of string) bool {
	return slices.ContainsFunc(c.meta.Mistakes, func(m mistakes) bool { return m.Of == of && m.Until.After(c.now) })
}

// forgive forgets the mistakes of who has logged in now, and one at the phone: there others may have made theirs.
func (c *Center) forgive(agent, phone string) {
	if i := slices.IndexFunc(c.meta.Mistakes, func(m mistakes) bool { return m.Of == phone }); i >= 0 {
		c.meta.Mistakes[i].N--
		c.touched.meta = true
	}
	c.dropMistakes(func(m mistakes) bool { return m.N <= 0 || m.Of == keyAgent+agent })
}

func (c *Center) forgetMistakes() {
	c.dropMistakes(func(m mistakes) bool { return m.Last.Before(c.now.Add(-forgetMistake)) })
}

func (c *Center) dropMistakes(drop func(mistakes) bool) {
	if slices.ContainsFunc(c.meta.Mistakes, drop) {
		c.meta.Mistakes = slices.DeleteFunc(slices.Clone(c.meta.Mistakes), drop)
		c.touched.meta = true
	}
}
