package callcenter

import (
	"math"
	"slices"
	"strconv"
	"time"

	"firstline/pipeline/fact"
)

// handledMemory is how many calls of a queue its mean handle time is made from: with each new one the older weigh less.
const handledMemory = 32

// noteHandled takes an answered contact that has ended into its queue's mean of talk, hold and wrap-up.
func (c *Center) noteHandled(ct *contact) {
	if ct.Sums.ToAgent == nil || ct.Sums.LastQueue == "" || ct.Sums.Fallback || ct.Count.Transfer > 0 { // of several queues
		return
	}
	m := c.remember(ct.Sums.LastQueue)
	m.Calls = min(m.Calls+1, handledMemory)
	m.Mean += (float64(ct.Sums.Talk+ct.Sums.Hold+ct.Sums.WrapUp) - m.Mean) / float64(m.Calls)
}

// leastHandled is how many calls a queue must have handled before a wait is estimated from them.
const leastHandled = 5

// estimate is what a caller's wait will probably be from now on.
type estimate struct {
	from, until time.Duration // in six of ten cases it lies between
	agents      int           // who answer the queue's calls
	mean        time.Duration // handle time
}

// estimateWait goes by the caller's place, the agents who are active and the queue's handle time: with n agents of mean
// handle time h, the place-th of them becomes free after a time of the gamma distribution with shape place and scale h/n,
// if handle times are exponential. Its quantiles 0.2 and 0.8 are the range. Agents of several queues count in each of them.
// False when too little is known.
func (c *Center) estimateWait(queue string, place int) (estimate, bool) {
	m, n := c.memoryOf(queue), 0
	for _, a := range c.agents {
		if a.LoggedIn && !a.Paused && !a.Unplugged && len(a.Outside) == 0 && a.serves(queue) {
			n++
		}
	}
	if m == nil || m.Calls < leastHandled || n == 0 {
		return estimate{}, false
	}
	scale := m.Mean / float64(n)
	quantile := func(z float64) time.Duration {
		return time.Duration(gammaQuantile(place, z)*scale) * time.Millisecond
	}
	return estimate{quantile(-normal80), quantile(normal80), n, time.Duration(m.Mean) * time.Millisecond}, true
}

// tooLong tells whether the next caller's wait would probably be longer than the queue lets callers join for: in one case
// of five it would be longer than the estimate's end.
func (c *Center) tooLong(q *Queue) bool {
	if q.MaxExpected == 0 {
		return false
	}
	est, ok := c.estimateWait(q.ID, len(c.line(q.ID).waiting)+1)
	return ok && est.until > q.MaxExpected
}

// normal80 is the quantile 0.8 of the standard normal distribution.
const normal80 = 0.8416212335729143

// gammaQuantile is about the quantile of a gamma distribution with scale 1 where the normal distribution has z, by Wilson
// and Hilferty (Proc. Natl. Acad. Sci. 17, 1931).
func gammaQuantile(shape int, z float64) float64 {
	k := float64(shape)
	return k * math.Pow(max(0, 1-1/(9*k)+z/(3*math.Sqrt(k))), 3)
}

// minutes are the range in whole minutes as it is said: from rounded down, until up, at least 1.
func (e estimate) minutes() (from, until int) {
	until = max(1, int((e.until+time.Minute-1)/time.Minute))
	return min(int(e.from/time.Minute), until-1), until
}

// What stands for the range in wait_media.
const (
	saidFrom  = "{from}"
	saidUntil = "{until}"
)

// media says the range, with the sounds of Asterisk's core packages where the queue has none of its own.
func (e estimate) media(q *Queue) []string {
	from, until := e.minutes()
	if len(q.WaitMedia) == 0 {
		unit := "sound:queue-minutes"
		if until == 1 {
			unit = "sound:queue-minute"
		}
		return []string{"sound:queue-holdtime", "sound:queue-less-than", "number:" + strconv.Itoa(until), unit}
	}
	media := slices.Clone(q.WaitMedia)
	for i, m := range media {
		switch m {
		case saidFrom:
			media[i] = "number:" + strconv.Itoa(from)
		case saidUntil:
			media[i] = "number:" + strconv.Itoa(until)
		}
	}
	return media
}

// told is what the caller is told of his wait; nothing when the queue does not tell, or can't.
func (c *Center) told(ct *contact, place int) (media []string, said fact.PositionTold) {
	e := ct.Entry
	q := c.planFor(ct).queue(e.Queue)
	said = fact.PositionTold{Entry: e.ID, Queue: e.Queue, Position: place}
	media = positionMedia(place)
	if !q.AnnounceWait {
		return media, said
	}
	est, ok := c.estimateWait(e.Queue, place)
	if !ok || ms(est.until) == 0 { // all calls so far ended as they were answered: that tells nothing
		return media, said
	}
	said.FromMS, said.UntilMS, said.Agents, said.HandleMS = ms(est.from), ms(est.until), est.agents, ms(est.mean)
	if e.EstUntil == 0 {
		waited := ms(c.stamp(ct).Sub(e.QueuedAt))
		e.EstFrom, e.EstUntil = waited+said.FromMS, waited+said.UntilMS
	}
	return append(media, est.media(q)...), said
}
