package kafka

import (
	"fmt"
	"strconv"
	"strings"
)

// Place is how far a log is published in one partition.
type Place struct {
	Topic     string
	Partition int
	Epoch     string // of the last fact there
	Position  uint64 // of it
}

// Places reads from a publisher's file how far it is in each partition. Facts that are not yet acknowledged are not in it.
func Places(path string) ([]Place, error) {
	c, err := loadCursor(path)
	if err != nil {
		return nil, err
	}
	var out []Place
	for where, position := range c.Previous {
		topic, number, _ := strings.Cut(where, "/")
		partition, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("read the published position from %s: partition %q: %w", path, where, err)
		}
		epoch := c.Epochs[where]
		if epoch == "" {
			epoch = c.Epoch
		}
		out = append(out, Place{Topic: topic, Partition: partition, Epoch: epoch, Position: position})
	}
	return out, nil
}
