package load

import (
	"errors"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
)

// Reasons of dead letters; the value of their header.
const (
	reasonMalformed   = "malformed"
	reasonUnknownType = "unknown_type"
)

// badMessage is a message that can't be loaded.
type badMessage struct {
	message kafkago.Message
	reason  string
	err     error
}

// sifted is what a plan's messages come to. It depends on the messages and the marks before them and on nothing else,
// so that a plan finished after a crash comes to the same.
type sifted struct {
	facts     []fact.Fact
	bad       []badMessage
	after     []Mark // marks after the messages, within their limit
	forgotten int    // marks dropped for that limit
	repeats   int64
	missing   int64
	watermark time.Time
}

// sift decodes messages, drops repeats and moves the marks.
func sift(messages []kafkago.Message, before []Mark) sifted {
	out := sifted{after: slices.Clone(before), facts: make([]fact.Fact, 0, len(messages))}
	for _, m := range messages {
		out.take(m)
	}
	out.after, out.forgotten = limit(out.after)
	return out
}

func (s *sifted) take(m kafkago.Message) {
	link, linked := kafka.ReadLink(m.Headers)
	f, err := fact.Decode(m.Value)
	if err != nil {
		if linked && !s.isNew(link.Source, link.Epoch, link.Position) {
			s.repeats++
			return
		}
		if linked {
			s.advance(link)
		}
		s.bad = append(s.bad, badMessage{message: m, reason: reasonOf(err), err: err})
		return
	}
	if !s.isNew(f.Source, f.Epoch, f.Position) {
		s.repeats++
		return
	}
	if !linked || link.Position != f.Position { // written by something else: no knowledge of what came before
		link = kafka.Link{Previous: markOf(s.after, f.Source, f.Epoch)}
	}
	link.Source, link.Epoch, link.Position = f.Source, f.Epoch, f.Position
	s.advance(link)
	s.facts = append(s.facts, f)
	if f.Time.After(s.watermark) {
		s.watermark = f.Time
	}
}

func (s *sifted) isNew(source, epoch string, position uint64) bool {
	return position > markOf(s.after, source, epoch)
}

// advance moves a log's mark to the link's position and counts what lies between the mark and the link's beginning.
func (s *sifted) advance(link kafka.Link) {
	if mark := markOf(s.after, link.Source, link.Epoch); link.Previous > mark {
		s.missing += int64(link.Previous - mark) //nolint:gosec // a log does not reach 2^63 positions
	}
	s.after = move(s.after, link.Source, link.Epoch, link.Position)
}

func reasonOf(err error) string {
	if errors.Is(err, fact.ErrUnknownType) {
		return reasonUnknownType
	}
	return reasonMalformed
}
