package load

import (
	"context"
	"fmt"

	"firstline/pipeline/kafka"
)

// Reach is how far one place is read that facts come through on their way into the tables.
type Reach struct {
	Place  string // "topic/partition"
	Loaded int64  // offset up to which it is loaded, exclusive
	End    int64  // offset after its last message
}

// lastLoads is what Reaches asks of the tables; a Sink has it.
type lastLoads interface {
	LastLoad(ctx context.Context, topic string, partition int) (last Load, found bool, err error)
}

// Reaches returns how far each partition of a topic is loaded. Messages that Kafka dropped before they were loaded count as
// loaded: they never will be, and the loader counts them.
func Reaches(ctx context.Context, cluster *kafka.Cluster, tables lastLoads, topic string) ([]Reach, error) {
	s := cluster.Session()
	defer s.Close()
	id, partitions, err := s.Partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make([]Reach, len(partitions))
	for i, partition := range partitions {
		// The tables first: what is loaded in between would seem to be loaded before it was there.
		last, found, err := tables.LastLoad(ctx, topic, partition)
		if err != nil {
			return nil, err
		}
		first, end, err := s.Bounds(ctx, topic, partition)
		if err != nil {
			return nil, err
		}
		r := Reach{Place: fmt.Sprintf("%s/%d", topic, partition), Loaded: first, End: end}
		if found && last.Cluster == id { // nothing of another one's log is loaded
			r.Loaded = max(first, last.Last+1)
		}
		if r.Loaded > end {
			return nil, fmt.Errorf("the log of %s ends at offset %d, but is loaded up to %d", r.Place, end, last.Last)
		}
		out[i] = r
	}
	return out, nil
}
