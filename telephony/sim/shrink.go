package sim

import "time"

// shrinkRuns is how many runs shrink may spend.
const shrinkRuns = 150

// shrink looks for a smaller run that breaks the same rule: it leaves out ever smaller groups of stimuli (callers,
// requests, faults) for as long as the rule still breaks. The result holds the trace of the smallest run found and how
// many stimuli are left in it.
func shrink(o Options, s setting, failure *Failure) (*Failure, int) {
	o.Trace = nil
	s.once = true
	s.until = failure.at + time.Second
	kept := failure.played
	smallest := failure
	runs := 0
	for size := (len(kept) + 1) / 2; size > 0 && runs < shrinkRuns; {
		dropped := false
		for from := 0; from < len(kept) && runs < shrinkRuns; {
			without := append(append([]int{}, kept[:from]...), kept[min(from+size, len(kept)):]...)
			runs++
			f := attempt(o, s, failure, without)
			if f == nil {
				from += size
				continue
			}
			kept, smallest, dropped = without, f, true
		}
		if !dropped || size > len(kept) {
			size = min(size/2, len(kept))
		}
	}
	s.leave = leftOut(failure.played, kept)
	if smallest != failure {
		smallest = explain(o, s, smallest)
	}
	return smallest, len(kept)
}

// attempt runs with some stimuli only; nil when the rule holds then.
func attempt(o Options, s setting, failure *Failure, kept []int) *Failure {
	s.leave = leftOut(failure.played, kept)
	if _, f := play(o, s); f != nil && f.Rule == failure.Rule {
		return f
	}
	return nil
}

// leftOut is what is in all but not in kept.
func leftOut(all, kept []int) map[int]bool {
	left := make(map[int]bool, len(all))
	for _, id := range all {
		left[id] = true
	}
	for _, id := range kept {
		delete(left, id)
	}
	return left
}
