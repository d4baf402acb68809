package kafka

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"firstline/pipeline/fact"
)

// cursor is how far a log is published, and where. It is kept in a file beside the log.
type cursor struct {
	Cluster  string            `json:"cluster"`  // id of the Kafka cluster the rest is about
	Epoch    string            `json:"epoch"`    // of the log
	Position uint64            `json:"position"` // of the last fact published
	Previous map[string]uint64 `json:"previous"` // by "topic/partition": position of the last fact published there
	Epochs   map[string]string `json:"epochs"`   // by "topic/partition": epoch of that fact; missing = the log's
	Base     uint64            `json:"base"`     // facts up to here are not this cursor's business: published before, or gone
}

// restarted returns the cursor of a cluster (or log) that has nothing yet and shall get everything after base.
func restarted(cluster, epoch string, base uint64) cursor {
	return cursor{Cluster: cluster, Epoch: epoch, Position: base, Base: base, Previous: map[string]uint64{}, Epochs: map[string]string{}}
}

// move makes f the last fact published in a partition, and returns the position of the one before it, as a Link names it:
// 0 when that one was of another epoch, for a log that lost its end counts on and what it lost was never published.
func (c cursor) move(partition string, f fact.Fact) (previous uint64) {
	previous = max(c.Previous[partition], c.Base)
	if epoch, known := c.Epochs[partition]; known && epoch != f.Epoch {
		previous = 0
	}
	c.Previous[partition], c.Epochs[partition] = f.Position, f.Epoch
	return previous
}

// loadCursor reads the file. A missing one is the zero cursor; a damaged one is an error beside the zero cursor, after
// which everything kept is published again and the repeats are dropped by their readers.
func loadCursor(path string) (cursor, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own data folder
	if errors.Is(err, fs.ErrNotExist) {
		return cursor{}, nil
	}
	if err != nil {
		return cursor{}, fmt.Errorf("read the published position: %w", err)
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil {
		return cursor{}, fmt.Errorf("read the published position from %s: %w", path, err)
	}
	if c.Previous == nil {
		c.Previous = map[string]uint64{}
	}
	if c.Epochs == nil {
		c.Epochs = map[string]string{}
	}
	return c, nil
}

// save replaces the file so that after a crash either the old or the new one is there, whole.
func (c cursor) save(path string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the published position: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("write the published position: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the published position: %w", err), os.Remove(f.Name()))
	}
	return nil
}
