package load

import "fmt"

// StoppedError says why a partition is not loaded and how an operator lets it go on. Other partitions are not concerned.
type StoppedError struct {
	Topic     string
	Partition int
	Reason    string
}

func (e *StoppedError) Error() string {
	return fmt.Sprintf("partition %s/%d is not loaded: %s; to load the log that is there from its first offset, "+
		"leaving out what is loaded already, run `firstline load accept --topic %s --partition %d`",
		e.Topic, e.Partition, e.Reason, e.Topic, e.Partition)
}

// found is what a loader finds when it takes a partition over.
type found struct {
	cluster   string
	topic     string
	partition int
	committed bool  // the group has an offset
	plan      *Plan // of the group's offset; nil when it has none or it carries no plan
	last      *Load // of table loads; nil when it has no row of the partition
	first     int64 // offset of the first message kept
	end       int64 // offset after the last message
}

// start is how loading goes on.
type start struct {
	pending *Plan // to be finished first, as it stands
	next    int64 // first offset after that
	number  uint64
	marks   []Mark
	expired int64 // offsets that the broker dropped before they were loaded
}

// resolve compares the group's plan, the table's last load and the log, and says how to go on. Each plan is carried out
// before the next is made, so the table is at the plan (done) or one behind it (pending); anything else means that one
// of the three is not what the other two know. Then the answer is a *StoppedError.
func resolve(f found) (start, error) {
	switch {
	case f.last != nil && f.last.Accepted && f.last.Cluster == f.cluster && (f.plan == nil || f.plan.Number < f.last.Number):
		return f.after(*f.last) // an operator said so, and nothing was planned since
	case f.last != nil && f.last.Cluster != f.cluster:
		return start{}, f.stopped("the Kafka cluster is %q, but what is loaded came from %q", f.cluster, f.last.Cluster)
	case f.plan != nil && f.plan.Cluster != f.cluster:
		return start{}, f.stopped("the Kafka cluster is %q, but the group's plan is of %q", f.cluster, f.plan.Cluster)
	case f.committed && f.plan == nil:
		return start{}, f.stopped("the group's offset carries no plan; something other than this loader set it")
	case f.plan == nil && f.last != nil:
		return start{}, f.stopped("the group has no offset, although %d plans are loaded", f.last.Number)
	case f.plan == nil:
		return start{next: f.first, number: 1}, nil // the first time ever
	case f.last != nil && f.last.Number == f.plan.Number:
		return f.done()
	case f.last == nil && f.plan.Number == 1, f.last != nil && f.last.Number+1 == f.plan.Number:
		return f.pending()
	case f.last == nil:
		return start{}, f.stopped("the group is at plan %d, but table loads has none", f.plan.Number)
	default:
		return start{}, f.stopped("the group is at plan %d, but table loads at %d", f.plan.Number, f.last.Number)
	}
}

// done: the plan is in the table.
func (f found) done() (start, error) {
	if f.last.First != f.plan.First || f.last.Last != f.plan.Last {
		return start{}, f.stopped("plan %d is offsets %d to %d for the group, but %d to %d in table loads",
			f.plan.Number, f.plan.First, f.plan.Last, f.last.First, f.last.Last)
	}
	return f.after(*f.last)
}

// after: go on behind a row of the table.
func (f found) after(last Load) (start, error) {
	next := last.Last + 1
	if next > f.end {
		return start{}, f.stopped("the log ends at offset %d, but is loaded up to %d", f.end, last.Last)
	}
	s := start{next: next, number: last.Number + 1, marks: last.After}
	if f.first > next {
		s.expired, s.next = f.first-next, f.first
	}
	return s, nil
}

// pending: the plan was made, and perhaps some tables have it.
func (f found) pending() (start, error) {
	var before []Mark
	if f.last != nil {
		before = f.last.After
	}
	switch {
	case !sameMarks(before, f.plan.Before):
		return start{}, f.stopped("plan %d does not go on where table loads ends", f.plan.Number)
	case f.plan.Last >= f.end:
		return start{}, f.stopped("the log ends at offset %d, but plan %d reaches to %d", f.end, f.plan.Number, f.plan.Last)
	case f.plan.First < f.first:
		return start{}, f.stopped("the log begins at offset %d, but plan %d, which may be half loaded, at %d",
			f.first, f.plan.Number, f.plan.First)
	}
	return start{pending: f.plan, next: f.plan.Last + 1, number: f.plan.Number + 1}, nil
}

func (f found) stopped(reason string, args ...any) *StoppedError {
	return &StoppedError{Topic: f.topic, Partition: f.partition, Reason: fmt.Sprintf(reason, args...)}
}
