package forget

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `retention`: for how long what is kept. What is left out stays as it was before there was this section.
type Config struct {
	Personal   Period `yaml:"personal"`   // callers' numbers, names and digits, titles of tickets and notes are emptied after it, counts stay; empty = as long as contacts
	Contacts   Period `yaml:"contacts"`   // facts about contacts and agents are dropped after it, by whole months; empty = for ever
	Tickets    Period `yaml:"tickets"`    // all events of a ticket that is resolved or closed are dropped so long after its last one, open tickets are kept; empty = for ever
	Recordings Period `yaml:"recordings"` // recordings of queues without a recording.keep of their own; empty = 90d
	Messages   Period `yaml:"messages"`   // messages that callers leave, of queues without a recording.keep or keep_messages of their own; empty = as recordings
	Audit      Period `yaml:"audit"`      // entries of the audit log, unless http.audit_keep says otherwise; empty = 365d
	Log        Period `yaml:"log"`        // the logs and Kafka's topics, unless log.retain and kafka.retention say otherwise; empty = 7d
}

// Period is a time as people write it: 90d, 26w, 2y, or a duration as 36h. A year has 365 days. Empty is none.
type Period string

var periodForm = regexp.MustCompile(`^([1-9][0-9]{0,4})(d|w|y)$`)

const day = 24 * time.Hour

// longestPeriod is more than anybody keeps, and less than a Duration can hold.
const longestPeriod = 100 * 365 * day

// Of is its length; 0 for none, and for one that Validate refuses.
func (p Period) Of() time.Duration {
	d, err := p.parse()
	if err != nil {
		return 0
	}
	return d
}

func (p Period) parse() (time.Duration, error) {
	if p == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(string(p))
	if m := periodForm.FindStringSubmatch(string(p)); m != nil {
		n, _ := strconv.Atoi(m[1]) // the form has digits only
		unit := map[string]time.Duration{"d": day, "w": 7 * day, "y": 365 * day}[m[2]]
		d, err = time.Duration(n)*unit, nil
		if n > int(longestPeriod/unit) {
			d = longestPeriod + 1
		}
	}
	if err != nil {
		return 0, fmt.Errorf("%q is no time", string(p))
	}
	return d, nil
}

// Shortest times. Reports look a week back from their windows; customers have a ticket reopened weeks later; a log must hold what loaders
// may lag behind.
const (
	shortestContacts = 31 * day
	shortestTickets  = 31 * day
	shortestLog      = time.Hour
)

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	for _, p := range []struct {
		path  string
		value Period
		least time.Duration
		mend  string
	}{
		{"personal", c.Personal, day, "write 90d, or leave it out"}, {"contacts", c.Contacts, shortestContacts, "write 2y, or leave it out"},
		{"tickets", c.Tickets, shortestTickets, "write 2y, or leave it out"},
		{"recordings", c.Recordings, day, "write 30d, or leave it out"}, {"messages", c.Messages, day, "write 90d, or leave it out"},
		{"audit", c.Audit, day, "write 1y, or leave it out"},
		{"log", c.Log, shortestLog, "write 7d, or leave it out"},
	} {
		switch d, err := p.value.parse(); {
		case err != nil:
			out = append(out, problem.Problem{Path: p.path, Message: err.Error(), Mend: p.mend})
		case p.value != "" && d < p.least:
			out = append(out, problem.Problem{Path: p.path, Message: fmt.Sprintf("is shorter than %s", days(p.least)), Mend: p.mend})
		case d > longestPeriod:
			out = append(out, problem.Problem{Path: p.path, Message: "is longer than 100 years", Mend: p.mend})
		}
	}
	return out
}

func days(d time.Duration) string {
	if d < day {
		return d.String()
	}
	return strconv.Itoa(int(d/day)) + "d"
}
