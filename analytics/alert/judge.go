package alert

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Unreadable is the sample of a number whose source can't be read.
func Unreadable(why string) Sample { return Sample{Verdict: Unknown, Why: why} }

// below judges a number that is bad below a limit, above one that is bad above it. The margin is part of the limit.
func (r Rule) below(v, limit float64) Verdict {
	switch {
	case v < limit:
		return Bad
	case v < limit+math.Abs(limit)*r.Margin/100 && v < 100: // no share gets better than whole
		return Between
	default:
		return Good
	}
}

func (r Rule) above(v, limit float64) Verdict {
	switch {
	case v > limit:
		return Bad
	case v > limit-math.Abs(limit)*r.Margin/100:
		return Between
	default:
		return Good
	}
}

// ServiceLevel judges a share: within of calls.
func (r Rule) ServiceLevel(within, calls int64) Sample {
	if calls < int64(max(1, r.MinCalls)) {
		return Sample{Verdict: Nothing, Limit: r.Below, Why: fmt.Sprintf("%d calls in %s, fewer than %d", calls, short(r.Window), max(1, r.MinCalls))}
	}
	v := 100 * float64(within) / float64(calls)
	return Sample{Verdict: r.below(v, r.Below), Value: &v, Limit: r.Below,
		Why: fmt.Sprintf("service level (%s) %.1f %% in %s: %d of %d, limit %g %%", r.Variant, v, short(r.Window), within, calls, r.Below)}
}

// LongestWait judges how long the first of those who wait has waited; nil = nobody waits.
func (r Rule) LongestWait(oldest *time.Time, now time.Time) Sample {
	limit, v := r.Above.Seconds(), 0.0
	if oldest != nil {
		v = max(0, now.Sub(*oldest).Seconds())
	}
	why := "nobody waits"
	if oldest != nil {
		why = fmt.Sprintf("longest wait %s, limit %s", short(now.Sub(*oldest)), short(r.Above))
	}
	return Sample{Verdict: r.above(v, limit), Value: &v, Limit: limit, Why: why}
}

// NobodyReady judges the agents who could take a call. open says whether the rule's schedule is; it means nothing while it
// looks at who waits.
func (r Rule) NobodyReady(waiting, ready int, open bool) Sample {
	v := float64(ready)
	s := Sample{Verdict: Good, Value: &v, Limit: 1, Why: fmt.Sprintf("%d agents ready, %d callers wait", ready, waiting)}
	switch {
	case r.While == WhileOpen && !open:
		s.Verdict, s.Why = Nothing, "closed"
	case ready == 0 && (r.While == WhileOpen || waiting > 0):
		s.Verdict = Bad
	}
	return s
}

// TicketsDue judges the open tickets that are about to breach a target and those that have. targets says whether there are any.
func (r Rule) TicketsDue(warning, breached int64, targets bool) Sample {
	limit := float64(r.Tickets)
	if !targets {
		return Sample{Verdict: Nothing, Limit: limit, Why: "no targets of tickets are set"}
	}
	v := float64(breached)
	if r.Stage != StageBreached {
		v += float64(warning)
	}
	s := Sample{Verdict: Good, Value: &v, Limit: limit, Why: fmt.Sprintf("%d tickets about to breach, %d breached", warning, breached)}
	if v >= limit {
		s.Verdict = Bad
	}
	return s
}

// Hour is a queue's number in one hour: nil when it has none, or too few calls to be judged.
type Hour struct{ Value *float64 }

// Deviation judges an hour's number by those of the same hour in earlier weeks, by the modified z-score of Iglewicz and Hoaglin:
// 0.6745 (x − median) / MAD. Where more than half of the earlier values are the same, MAD is 0, and the mean absolute deviation
// stands in: (x − median) / (1.253314 MeanAD).
func (r Rule) Deviation(now Hour, earlier []Hour) Sample {
	var past []float64
	for _, h := range earlier {
		if h.Value != nil {
			past = append(past, *h.Value)
		}
	}
	switch {
	case now.Value == nil:
		return Sample{Verdict: Nothing, Limit: r.Factor, Why: fmt.Sprintf("fewer than %d calls in the hour", max(1, r.MinCalls))}
	case len(past) < minWeeks:
		return Sample{Verdict: Nothing, Value: now.Value, Limit: r.Factor, Why: fmt.Sprintf("%d earlier weeks have this hour, fewer than %d", len(past), minWeeks)}
	}
	x, mid := *now.Value, median(past)
	difference, z := x-mid, modifiedZ(x, past)
	s := Sample{Value: now.Value, Limit: r.Factor,
		Why: fmt.Sprintf("%s %.4g in the hour; median of %d earlier weeks %.4g, modified z-score %.1f, limit %g", r.Number, x, len(past), mid, z, r.Factor)}
	away := math.Abs(z)
	if r.Direction == Above && difference < 0 || r.Direction == Below && difference > 0 || math.Abs(difference) < r.Least {
		away = 0
	}
	s.Verdict = r.above(away, r.Factor)
	return s
}

// Constants of the modified z-score: the 0.75 quantile of the normal distribution, and √(π/2).
const (
	madScale  = 0.6745
	meanScale = 1.253314
)

func modifiedZ(x float64, past []float64) float64 {
	mid := median(past)
	away, sum := make([]float64, len(past)), 0.0
	for i, p := range past {
		away[i] = math.Abs(p - mid)
		sum += away[i]
	}
	switch mad := median(away); {
	case x == mid:
		return 0
	case mad > 0:
		return madScale * (x - mid) / mad
	case sum > 0:
		return (x - mid) / (meanScale * sum / float64(len(past)))
	default: // all earlier values are the same: any other is infinitely far
		return math.Inf(int(math.Copysign(1, x-mid)))
	}
}

// median of some values, the mean of the middle two of an even number.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// LastHour is the last hour of the wall clock that was over so long before now, and the same of the weeks before, the latest first.
// A week's is left out where its clock has no such hour.
func LastHour(now time.Time, settled time.Duration, zone *time.Location, weeks int) (hour time.Time, earlier []time.Time) {
	local := now.Add(-settled).In(zone)
	begin := local.Add(-time.Duration(local.Minute())*time.Minute - time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
	hour = begin.Add(-time.Hour)
	for w := 1; w <= weeks; w++ {
		at := time.Date(hour.Year(), hour.Month(), hour.Day()-7*w, hour.Hour(), hour.Minute(), 0, 0, zone)
		if at.Hour() == hour.Hour() && at.Minute() == hour.Minute() {
			earlier = append(earlier, at)
		}
	}
	return hour, earlier
}

// short is a duration to the second, as plain has it.
func short(d time.Duration) string { return plain(d.Round(time.Second)) }

// plain is a duration without parts that are zero.
func plain(d time.Duration) string {
	text := d.String()
	for _, end := range []string{"m0s", "h0m"} {
		if n := len(text) - len(end); n > 0 && text[n:] == end {
			text = text[:n+1]
		}
	}
	return text
}
