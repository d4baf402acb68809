package asterisk

import (
	"net/http"
	"time"

	"firstline/telephony/callcenter"
)

// A hang-up that fails leaves a phone ringing for nobody, or a caller on a dead line, until the next comparison of what is
// there with what is wanted. So it is repeated: soon, a few times, and beside the contact's other commands, which must not
// wait for it.

// hangUpAgain is how long after its first, second, … failure a hang-up is repeated.
func hangUpAgain() []time.Duration {
	return []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, time.Second}
}

// putOff is the jobs that wait for their next try.
type putOff map[*delayed]bool

type delayed struct {
	*job
	timer *time.Timer
}

// stop takes out the jobs whose time has not come. One whose time comes just now finds itself taken out.
func (p putOff) stop() []*job {
	var jobs []*job
	for d := range p {
		d.timer.Stop()
		jobs = append(jobs, d.job)
	}
	clear(p)
	return jobs
}

// again puts a failed job off, if trying once more makes sense; false: it has failed for good.
func (e *executor) again(j *job, err error) bool {
	_, hangUp := j.Command.(callcenter.HangUp)
	waits := hangUpAgain()
	if code := codeOf(err); !hangUp || j.failed >= len(waits) || code != 0 && code < http.StatusInternalServerError {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.metrics.commands.WithLabelValues(kind(j.Command), "repeated").Inc()
	e.pending++ // finish takes off the try that failed
	d := &delayed{job: &job{Command: j.Command, failed: j.failed + 1}}
	d.timer = time.AfterFunc(waits[j.failed], func() { e.putBack(d) })
	e.putOff[d] = true
	return true
}

// putBack gives a job its next try, in a line of its own.
func (e *executor) putBack(d *delayed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.putOff[d] {
		return // dropped at the end
	}
	delete(e.putOff, d)
	e.add(d.CommandID(), d.job)
}
