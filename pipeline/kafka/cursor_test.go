package kafka

import (
	"testing"

	"firstline/pipeline/fact"
)

// The link of a fact names the one before it of the same epoch; the first of a new epoch has none, so that nobody counts
// the former epoch's positions as missing.
func TestCursorMoves(t *testing.T) {
	c := restarted("cluster", "two", 0)
	for _, step := range []struct {
		partition, epoch   string
		position, previous uint64
	}{
		{"contacts/0", "one", 3, 0}, {"contacts/0", "one", 7, 3}, {"agents/0", "one", 8, 0},
		{"contacts/0", "two", 9, 0}, {"contacts/0", "two", 12, 9}, {"agents/0", "two", 13, 0},
	} {
		if got := c.move(step.partition, fact.Fact{Epoch: step.epoch, Position: step.position}); got != step.previous {
			t.Errorf("%+v: previous %d", step, got)
		}
	}
	c = restarted("cluster", "two", 99)
	if got := c.move("contacts/0", fact.Fact{Epoch: "two", Position: 101}); got != 99 {
		t.Errorf("what is no longer kept: previous %d, want 99", got)
	}
}
