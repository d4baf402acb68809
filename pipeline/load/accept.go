package load

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"firstline/pipeline/kafka"
)

// ErrNothingToAccept says that the partition is not stopped.
var ErrNothingToAccept = errors.New("the partition goes on by itself, nothing is to be accepted")

// Accept lets a stopped partition go on with the log that is there: from its first offset, dropping what the last load's
// repeat numbers cover. A loader that runs takes notice within seconds. It returns the row it wrote, or
// ErrNothingToAccept.
func Accept(ctx context.Context, cfg Config, cluster *kafka.Cluster, sink Sink, topic string, partition int) (Load, error) {
	if !slices.Contains(kafka.FactTopics(), topic) {
		return Load{}, fmt.Errorf("accept the log of %s/%d: topics are %v", topic, partition, kafka.FactTopics())
	}
	s := cluster.Session()
	defer s.Close()
	f, err := find(ctx, s, sink, cfg.Group, topic, partition)
	if err != nil {
		return Load{}, fmt.Errorf("accept the log of %s/%d: %w", topic, partition, err)
	}
	if _, err := resolve(f); err == nil {
		return Load{}, fmt.Errorf("accept the log of %s/%d: %w", topic, partition, ErrNothingToAccept)
	}
	row := f.accepted()
	if err := sink.Insert(ctx, row, nil); err != nil {
		return Load{}, fmt.Errorf("accept the log of %s/%d: %w", topic, partition, err)
	}
	return row, nil
}

// accepted is the row that lets the log be loaded from its first offset on.
func (f found) accepted() Load {
	var marks []Mark
	var number uint64
	if f.last != nil {
		marks, number = f.last.After, f.last.Number
	}
	if f.plan != nil {
		number = max(number, f.plan.Number)
	}
	p := Plan{Cluster: f.cluster, Topic: f.topic, Partition: f.partition, Number: number + 1,
		First: f.first, Last: f.first - 1, Before: marks}
	return Load{Plan: p, After: marks, Accepted: true}
}
