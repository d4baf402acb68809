package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/fact"
)

// Limits of one produce request. A broker's own limit is 1 MiB unless set lower.
const (
	batchFacts = 500
	batchBytes = 512 << 10
)

// place is a partition of a topic.
type place struct {
	topic     string
	partition int
}

func (p place) String() string { return p.topic + "/" + strconv.Itoa(p.partition) }

// outgoing is a message on its way, with the position of its fact.
type outgoing struct {
	position uint64
	message  kafkago.Message
}

// wire is one connection to the leader of each partition. The cluster's id was asked for after they were made, so as
// long as they live they lead to that very cluster: a broker that was wiped and started again takes them down with it.
// kafka-go's Writer and Transport reconnect on their own and so could write into another cluster unnoticed.
type wire struct {
	cluster string
	ids     map[string][]int // topic → partition ids, rising
	conns   map[place]*kafkago.Conn
	once    sync.Once
	closed  chan struct{}
}

// wire connects to every partition of the topics of facts, making topics that are missing.
func (c *Cluster) wire(ctx context.Context) (*wire, error) {
	partitions, err := c.partitions(ctx)
	if errors.Is(err, kafkago.UnknownTopicOrPartition) || errors.Is(err, errNoPartition) {
		if err := c.EnsureTopics(ctx); err != nil {
			return nil, err
		}
		partitions, err = c.partitions(ctx)
	}
	if err != nil {
		return nil, err
	}
	w := &wire{ids: map[string][]int{}, conns: map[place]*kafkago.Conn{}, closed: make(chan struct{})}
	for topic, list := range partitions {
		for _, p := range list {
			conn, err := c.dialPartition(ctx, p)
			if err != nil {
				w.close()
				return nil, err
			}
			w.ids[topic] = append(w.ids[topic], p.ID)
			w.conns[place{topic, p.ID}] = conn
		}
	}
	if w.cluster, err = c.ID(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// ID asks for the cluster's id over a new connection.
func (c *Cluster) ID(ctx context.Context) (string, error) {
	s := c.Session()
	defer s.Close()
	return s.ID(ctx)
}

func (c *Cluster) partitions(ctx context.Context) (map[string][]kafkago.Partition, error) {
	s := c.Session()
	defer s.Close()
	partitions, err := s.partitions(ctx)
	if err != nil {
		return nil, err
	}
	for _, topic := range FactTopics() {
		if len(partitions[topic]) == 0 {
			return nil, fmt.Errorf("ask for the partitions of %s: %w", topic, errNoPartition)
		}
	}
	return partitions, nil
}

func (w *wire) close() {
	w.once.Do(func() {
		close(w.closed)
		for _, c := range w.conns {
			_ = c.Close() // nothing is in its buffers that was acknowledged
		}
	})
}

// closeWithin closes after d, unless that was done before.
func (w *wire) closeWithin(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-w.closed:
	case <-t.C:
		w.close()
	}
}

// place is where a fact goes: facts of one subject always to the same partition.
func (w *wire) place(f fact.Fact) place {
	topic := f.Topic()
	balancer := &kafkago.Hash{}
	return place{topic, balancer.Balance(kafkago.Message{Key: []byte(f.Subject)}, w.ids[topic]...)}
}

// alive asks one partition for its end, to find out whether the connection still leads anywhere.
func (w *wire) alive() error {
	for where, conn := range w.conns {
		if err := conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
			return fmt.Errorf("ask whether %s is there: %w", where, err)
		}
		if _, err := conn.ReadLastOffset(); err != nil {
			return fmt.Errorf("ask whether %s is there: %w", where, err)
		}
		break
	}
	return nil
}

// sent counts what was acknowledged.
type sent struct{ batches, messages int }

// send writes the batches, partitions side by side, and returns when everything is acknowledged. After an error nothing
// is known of any of them. Facts that are too large for the broker go to refused.
func (w *wire) send(batches map[place][]outgoing, refused func(uint64, error)) (sent, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex // guards total and failed
		total sent
		errs  []error
	)
	for where, list := range batches {
		wg.Go(func() {
			done, err := w.sendTo(where, list, func(position uint64, err error) {
				mu.Lock()
				defer mu.Unlock()
				refused(position, err)
			})
			mu.Lock()
			defer mu.Unlock()
			total.batches += done.batches
			total.messages += done.messages
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return total, errors.Join(errs...)
}

// sendTo writes one partition's messages in requests of limited size, one after the other.
func (w *wire) sendTo(where place, list []outgoing, refused func(uint64, error)) (sent, error) {
	var total sent
	for len(list) > 0 {
		n := cut(list)
		done, err := w.request(where, list[:n], refused)
		if err != nil {
			return total, err
		}
		total.batches += done.batches
		total.messages += done.messages
		list = list[n:]
	}
	return total, nil
}

// cut returns how many messages fit into one request, at least one.
func cut(list []outgoing) int {
	size := 0
	for i, o := range list {
		size += len(o.message.Key) + len(o.message.Value) + 64
		if i > 0 && (i == batchFacts || size > batchBytes) {
			return i
		}
	}
	return len(list)
}

// request writes one request. When the broker finds it too large it is halved, down to the single fact that is.
func (w *wire) request(where place, list []outgoing, refused func(uint64, error)) (sent, error) {
	messages := make([]kafkago.Message, len(list))
	for i, o := range list {
		messages[i] = o.message
	}
	conn := w.conns[where]
	err := conn.SetDeadline(time.Now().Add(requestTimeout))
	if err == nil {
		_, err = conn.WriteMessages(messages...)
	}
	switch {
	case err == nil:
		return sent{1, len(list)}, nil
	case !errors.Is(err, kafkago.MessageSizeTooLarge):
		return sent{}, fmt.Errorf("write %d messages to %s: %w", len(list), where, err)
	case len(list) == 1:
		refused(list[0].position, err)
		return sent{}, nil
	}
	half := len(list) / 2
	first, err := w.request(where, list[:half], refused)
	if err != nil {
		return first, err
	}
	second, err := w.request(where, list[half:], refused)
	return sent{first.batches + second.batches, first.messages + second.messages}, err
}

// encode makes the message of a fact.
func encode(f fact.Fact, link Link, at time.Time) (kafkago.Message, error) {
	value, err := fact.Encode(f)
	if err != nil {
		return kafkago.Message{}, err
	}
	return kafkago.Message{
		Key:   []byte(f.Subject),
		Value: value,
		Time:  at,
		Headers: []kafkago.Header{
			{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")},
			link.Header(),
		},
	}, nil
}

// stamp is the message's timestamp, by which Kafka keeps it no longer than its retention even when it is published
// again: the fact's time, of a ticket the time it was received, as its sender's time may be anything. A time to come is
// cut to now, since brokers refuse it.
func stamp(f fact.Fact, now time.Time) time.Time {
	at := f.Time
	if t, ok := f.Data.(fact.TicketEvent); ok {
		at = time.UnixMilli(t.ReceivedMS)
	}
	if at.After(now) {
		return now
	}
	return at
}
