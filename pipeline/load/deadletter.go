package load

import (
	"context"
	"errors"
	"slices"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/fact"
)

// Headers of a dead letter, beside those the message had. Topic, partition and offset tell repeats apart: a plan that is
// finished after a crash writes its dead letters again.
const (
	HeaderReason    = "firstline-reason" // malformed, unknown_type
	HeaderError     = "firstline-error"
	HeaderTopic     = "firstline-topic"
	HeaderPartition = "firstline-partition"
	HeaderOffset    = "firstline-offset"
	HeaderDropped   = "firstline-value-dropped" // the value was too large to be written with these headers
)

// deadLetters writes bad messages to their topic, one by one, and returns when each is acknowledged.
func (w *worker) deadLetters(ctx context.Context, bad []badMessage) error {
	for _, b := range bad {
		m := kafkago.Message{Key: b.message.Key, Value: b.message.Value, Time: b.message.Time, Headers: append(slices.Clone(b.message.Headers),
			kafkago.Header{Key: HeaderReason, Value: []byte(b.reason)},
			kafkago.Header{Key: HeaderError, Value: []byte(b.err.Error())},
			kafkago.Header{Key: HeaderTopic, Value: []byte(b.message.Topic)},
			kafkago.Header{Key: HeaderPartition, Value: []byte(strconv.Itoa(b.message.Partition))},
			kafkago.Header{Key: HeaderOffset, Value: []byte(strconv.FormatInt(b.message.Offset, 10))},
		)}
		err := w.broker.Produce(ctx, fact.TopicDeadLetter, m)
		if errors.Is(err, kafkago.MessageSizeTooLarge) {
			m.Value, m.Headers = nil, append(m.Headers, kafkago.Header{Key: HeaderDropped, Value: []byte("true")})
			err = w.broker.Produce(ctx, fact.TopicDeadLetter, m)
		}
		if err != nil {
			return err
		}
		w.metrics.deadLetter(b.reason)
		w.log.Warn("message can't be loaded and is a dead letter", "offset", b.message.Offset, "reason", b.reason, "error", b.err)
	}
	return nil
}
