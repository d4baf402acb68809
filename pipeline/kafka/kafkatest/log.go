package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"firstline/pipeline/fact"
)

// Log is a log in memory: what a publisher reads.
type Log struct {
	source, epoch string

	mu     sync.Mutex // guards the rest
	facts  []fact.Fact
	oldest uint64        // position of the first kept
	more   chan struct{} // closed and replaced at each append
}

// NewLog returns an empty log.
func NewLog(source, epoch string) *Log {
	return &Log{source: source, epoch: epoch, oldest: 1, more: make(chan struct{})}
}

// Append gives the facts their place in the log and returns them with it.
func (l *Log) Append(facts ...fact.Fact) []fact.Fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range facts {
		f.Source, f.Epoch, f.Position = l.source, l.epoch, uint64(len(l.facts))+1
		l.facts = append(l.facts, f)
	}
	close(l.more)
	l.more = make(chan struct{})
	return l.facts[len(l.facts)-len(facts):]
}

// Facts returns everything ever appended.
func (l *Log) Facts() []fact.Fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]fact.Fact(nil), l.facts...)
}

// Compact drops the facts before position.
func (l *Log) Compact(position uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.oldest = position
}

// Oldest, Epoch and Read are kafka.Reader.
func (l *Log) Oldest() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.oldest
}

// Epoch is the log's identity.
func (l *Log) Epoch() string { return l.epoch }

// Read waits for facts above after.
func (l *Log) Read(ctx context.Context, after uint64, limit int) ([]fact.Fact, error) {
	for {
		l.mu.Lock()
		more, n, oldest := l.more, uint64(len(l.facts)), l.oldest
		l.mu.Unlock()
		if after+1 < oldest {
			return nil, errors.New("compacted")
		}
		if n > after {
			l.mu.Lock()
			defer l.mu.Unlock()
			return append([]fact.Fact(nil), l.facts[after:min(n, after+uint64(limit))]...), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-more:
		}
	}
}

// Facts makes n facts of a few contacts and agents, beginning with number from.
func Facts(from, n int) []fact.Fact {
	out := make([]fact.Fact, 0, n)
	at := time.Now().UTC().Truncate(time.Millisecond)
	for i := from; i < from+n; i++ {
		contact := fmt.Sprintf("pbx1-%d", i%17)
		sequence := uint64(i/17 + 1)
		switch i % 5 {
		case 0:
			out = append(out, fact.Fact{Type: fact.TypeAgentStateBegan, Subject: fmt.Sprintf("agent%d", i%3),
				Sequence: uint64(i + 1), Time: at, Data: fact.AgentStateBegan{State: fact.AgentReady, By: fact.ByDesk}})
		case 1:
			out = append(out, fact.Fact{Type: fact.TypePositionTold, Subject: contact, Sequence: sequence, Time: at,
				Data: fact.PositionTold{Entry: contact + "/e1", Queue: "support", Position: i}})
		default:
			out = append(out, fact.Fact{Type: fact.TypeIVREntered, Subject: contact, Sequence: sequence, Time: at,
				Data: fact.IVREntered{Flow: "main", Node: fmt.Sprint("n", i)}})
		}
	}
	return out
}
