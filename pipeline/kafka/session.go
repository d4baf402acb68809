package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// ErrOutOfRange is wrapped by Fetch's error when the log does not hold the offset.
var ErrOutOfRange = errors.New("offset is outside the log")

// ErrFenced is wrapped by Commit's error when another generation of the group has taken over.
var ErrFenced = errors.New("consumer group has moved on")

// Session is a set of connections to one cluster. Its methods may be called from several goroutines.
type Session struct {
	transport *kafkago.Transport
	client    *kafkago.Client
}

// Member is a place in a generation of a consumer group.
type Member struct {
	Group      string
	ID         string
	Generation int
}

// Close drops the connections. Calls under way fail.
func (s *Session) Close() { s.transport.CloseIdleConnections() }

// ID returns the cluster's id.
func (s *Session) ID(ctx context.Context) (string, error) {
	m, err := s.metadata(ctx, FactTopics())
	if err != nil {
		return "", err
	}
	return m.ClusterID, nil
}

// metadata returns the cluster's id and the state of topics. A session's first answer is fresh, later ones may be some
// seconds old.
func (s *Session) metadata(ctx context.Context, topics []string) (*kafkago.MetadataResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := s.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, fmt.Errorf("ask for the cluster's metadata: %w", err)
	}
	if m.ClusterID == "" {
		return nil, errors.New("ask for the cluster's metadata: it names no cluster id")
	}
	return m, nil
}

// partitions returns the partitions of every topic of facts, with their leaders.
func (s *Session) partitions(ctx context.Context) (map[string][]kafkago.Partition, error) {
	m, err := s.metadata(ctx, FactTopics())
	if err != nil {
		return nil, err
	}
	out := make(map[string][]kafkago.Partition, len(m.Topics))
	for _, t := range m.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("ask for the partitions of %s: %w", t.Name, t.Error)
		}
		slices.SortFunc(t.Partitions, func(a, b kafkago.Partition) int { return a.ID - b.ID })
		out[t.Name] = t.Partitions
	}
	return out, nil
}

// Partitions returns the cluster's id and the partitions of a topic of facts.
func (s *Session) Partitions(ctx context.Context, topic string) (cluster string, partitions []int, err error) {
	m, err := s.metadata(ctx, []string{topic})
	if err != nil {
		return "", nil, err
	}
	for _, t := range m.Topics {
		if t.Error != nil {
			return "", nil, fmt.Errorf("ask for the partitions of %s: %w", t.Name, t.Error)
		}
		for _, p := range t.Partitions {
			partitions = append(partitions, p.ID)
		}
	}
	if len(partitions) == 0 {
		return "", nil, fmt.Errorf("ask for the partitions of %s: %w", topic, errNoPartition)
	}
	slices.Sort(partitions)
	return m.ClusterID, partitions, nil
}

// Bounds returns a partition's first kept offset and the offset after its last message.
func (s *Session) Bounds(ctx context.Context, topic string, partition int) (first, end int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := s.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{
		topic: {kafkago.FirstOffsetOf(partition), kafkago.LastOffsetOf(partition)}}})
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the offsets of %s/%d: %w", topic, partition, err)
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return 0, 0, fmt.Errorf("ask for the offsets of %s/%d: %w", topic, partition, p.Error)
		}
		if p.Partition == partition {
			return p.FirstOffset, p.LastOffset, nil
		}
	}
	return 0, 0, fmt.Errorf("ask for the offsets of %s/%d: no answer for it", topic, partition)
}

// Batch is what one fetch brought.
type Batch struct {
	Messages []kafkago.Message // from the offset asked for on, in order; empty when none came in time
	End      int64             // offset after the partition's last message
}

// Fetch reads messages from offset on. It waits up to wait until minBytes are there. An offset outside the log is
// ErrOutOfRange.
func (s *Session) Fetch(ctx context.Context, topic string, partition int, offset int64, minBytes int, wait time.Duration) (Batch, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+requestTimeout)
	defer cancel()
	res, err := s.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: topic, Partition: partition, Offset: offset,
		MinBytes: int64(minBytes), MaxBytes: maxFetchBytes, MaxWait: max(wait, time.Millisecond),
	})
	if err == nil {
		err = res.Error
	}
	if errors.Is(err, kafkago.OffsetOutOfRange) {
		return Batch{}, fmt.Errorf("fetch %s/%d from %d: %w", topic, partition, offset, ErrOutOfRange)
	}
	if err != nil {
		return Batch{}, fmt.Errorf("fetch %s/%d from %d: %w", topic, partition, offset, err)
	}
	b := Batch{End: res.HighWatermark}
	for {
		rec, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return Batch{}, fmt.Errorf("fetch %s/%d from %d: %w", topic, partition, offset, err)
		}
		m, err := message(topic, partition, rec)
		if err != nil {
			return Batch{}, err
		}
		if m.Offset >= offset { // a batch may begin before the offset that was asked for
			b.Messages = append(b.Messages, m)
		}
	}
}

const maxFetchBytes = 8 << 20

func message(topic string, partition int, rec *kafkago.Record) (kafkago.Message, error) {
	key, err := kafkago.ReadAll(rec.Key)
	if err == nil {
		var value []byte
		if value, err = kafkago.ReadAll(rec.Value); err == nil {
			return kafkago.Message{Topic: topic, Partition: partition, Offset: rec.Offset,
				Key: key, Value: value, Headers: rec.Headers, Time: rec.Time}, nil
		}
	}
	return kafkago.Message{}, fmt.Errorf("read message %s/%d@%d: %w", topic, partition, rec.Offset, err)
}

// Committed returns the group's offset and metadata for a partition; found is false when it has none.
func (s *Session) Committed(ctx context.Context, group, topic string, partition int) (offset int64, metadata string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := s.client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {partition}}})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return 0, "", false, fmt.Errorf("ask for the offset of group %s in %s/%d: %w", group, topic, partition, err)
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return 0, "", false, fmt.Errorf("ask for the offset of group %s in %s/%d: %w", group, topic, partition, p.Error)
		}
		if p.Partition == partition {
			return p.CommittedOffset, p.Metadata, p.CommittedOffset >= 0, nil
		}
	}
	return 0, "", false, nil
}

// Commit sets the group's offset and metadata for a partition as the given member. Repeating it is harmless. When the
// group has moved on the error is ErrFenced.
func (s *Session) Commit(ctx context.Context, m Member, topic string, partition int, offset int64, metadata string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := s.client.OffsetCommit(ctx, &kafkago.OffsetCommitRequest{
		GroupID: m.Group, GenerationID: m.Generation, MemberID: m.ID,
		Topics: map[string][]kafkago.OffsetCommit{topic: {{Partition: partition, Offset: offset, Metadata: metadata}}},
	})
	if err != nil {
		return fmt.Errorf("commit offset %d of %s/%d: %w", offset, topic, partition, err)
	}
	answers := res.Topics[topic]
	if len(answers) != 1 {
		return fmt.Errorf("commit offset %d of %s/%d: %d answers", offset, topic, partition, len(answers))
	}
	err = answers[0].Error
	for _, fenced := range []kafkago.Error{kafkago.IllegalGeneration, kafkago.UnknownMemberId, kafkago.RebalanceInProgress, kafkago.FencedInstanceID} {
		if errors.Is(err, fenced) {
			return fmt.Errorf("commit offset %d of %s/%d: %w: %w", offset, topic, partition, ErrFenced, err)
		}
	}
	if err != nil {
		return fmt.Errorf("commit offset %d of %s/%d: %w", offset, topic, partition, err)
	}
	return nil
}

// Produce writes messages to partition 0 of a topic and returns when every replica has them.
func (s *Session) Produce(ctx context.Context, topic string, messages ...kafkago.Message) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	records := make([]kafkago.Record, len(messages))
	for i, m := range messages {
		records[i] = kafkago.Record{Time: m.Time, Key: kafkago.NewBytes(m.Key), Value: kafkago.NewBytes(m.Value), Headers: m.Headers}
	}
	res, err := s.client.Produce(ctx, &kafkago.ProduceRequest{
		Topic: topic, Partition: 0, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(records...),
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("produce %d messages to %s: %w", len(messages), topic, err)
	}
	return nil
}
