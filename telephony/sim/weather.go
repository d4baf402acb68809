package sim

import "time"

// weather is what can go wrong in one run, and how busy it is. Every figure is drawn per seed: some seeds are calm and
// are held to stricter rules, others are stormy.
type weather struct {
	calm bool // nothing fails: commands only fail because a channel ended, no event is lost

	// Per command.
	failBefore float64 // refused or timed out without effect
	failAfter  float64 // took effect although it was reported as failed
	slow       float64 // takes up to slowest
	slowest    time.Duration

	lost float64 // of a look at a phone: never answered

	// Per event of Asterisk.
	duplicate float64 // delivered once more, some time later
	missing   float64 // never delivered
	reorder   bool    // events of different channels may overtake each other
	lag       time.Duration

	// Mean distance between disturbances; 0 = never.
	linkLoss        time.Duration
	crash           time.Duration
	asteriskRestart time.Duration
	planChange      time.Duration
	phoneTrouble    time.Duration

	holds     bool          // events wait for every list, not only for the first
	settles   bool          // the first list waits for the commands under way
	syncLag   time.Duration // at most, from appending a record to its being durable
	wakeLag   time.Duration // at most, from a deadline to its Wake
	skew      time.Duration // Asterisk's clock minus the controller's
	poll      time.Duration // of the endpoints
	reconcile time.Duration // between two safety listings

	// Traffic.
	arrival   time.Duration // mean distance between callers
	control   time.Duration // mean distance between requests about agents
	patience  time.Duration // mean, of a caller who waits
	talk      time.Duration // mean
	answerLag time.Duration // mean, of an agent's hand
	lookupLag time.Duration // mean, of the ticket system
	media     time.Duration // longest prompt
}

// broken is the cause that is given for a phone that vanished: without faults one that says so.
func (w weather) broken() int {
	if w.calm {
		return causeOutOfOrder
	}
	return causeNetwork
}

// drawWeather throws the weather of a seed.
func drawWeather(d *dice) weather {
	w := weather{
		calm:      d.chance(0.2),
		holds:     d.chance(0.7),
		settles:   d.chance(0.7),
		syncLag:   one(d, 0, 0, 3*time.Millisecond, 30*time.Millisecond),
		poll:      one(d, 15*time.Second, time.Minute),
		reconcile: one(d, 20*time.Second, time.Minute),
		lag:       one(d, time.Millisecond, 5*time.Millisecond, 50*time.Millisecond),
		arrival:   d.between(2*time.Second, 20*time.Second),
		control:   d.between(5*time.Second, 40*time.Second),
		patience:  one(d, 15*time.Second, time.Minute, 4*time.Minute),
		talk:      one(d, time.Second, 5*time.Second, 20*time.Second, time.Minute),
		answerLag: one(d, 500*time.Millisecond, 2*time.Second, 8*time.Second),
		lookupLag: one(d, 50*time.Millisecond, 500*time.Millisecond, 3*time.Second),
		media:     one(d, time.Second, 4*time.Second, 15*time.Second),
	}
	if w.calm {
		return w
	}
	w.wakeLag = one(d, 0, 0, 5*time.Millisecond, 2*time.Second)
	w.skew = one(d, 0, 0, -700*time.Millisecond, 400*time.Millisecond)
	w.reorder = d.chance(0.4)
	w.failBefore = one(d, 0, 0, 0.005, 0.03)
	w.failAfter = one(d, 0, 0, 0.005, 0.03)
	w.slow = one(d, 0, 0, 0.02, 0.2)
	w.slowest = one(d, 20*time.Millisecond, 500*time.Millisecond, 5*time.Second)
	w.duplicate = one(d, 0, 0, 0.01, 0.1)
	w.missing = one(d, 0, 0, 0, 0.002, 0.01)
	w.linkLoss = one(d, 0, 2*time.Minute, 10*time.Minute)
	w.crash = one(d, 0, 3*time.Minute, 15*time.Minute)
	w.asteriskRestart = one(d, 0, 0, 20*time.Minute)
	w.planChange = one(d, 0, 5*time.Minute, 30*time.Minute)
	w.phoneTrouble = one(d, 0, time.Minute, 10*time.Minute)
	w.lost = one(d, 0, 0, 0.1)
	return w
}
