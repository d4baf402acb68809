package load

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// errNotAsked: the loader has only begun.
var errNotAsked = errors.New("kafka has not answered yet")

// errJoining: there is no generation of the consumer group to load in.
var errJoining = errors.New("the consumer group has not given this loader its partitions yet")

// What may be wrong beside single partitions.
const (
	aboutKafka = "kafka"
	aboutGroup = "consumer group"
)

// health is what keeps facts from being loaded, by what it concerns.
type health struct {
	mu    sync.Mutex // guards wrong
	wrong map[string]error
}

func newHealth() *health { return &health{wrong: map[string]error{aboutKafka: errNotAsked}} }

// set notes what is wrong with something; nil = nothing.
func (h *health) set(about string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		delete(h.wrong, about)
		return
	}
	h.wrong[about] = err
}

// all is everything that is wrong, in the order of what it concerns.
func (h *health) all() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []error
	for _, about := range slices.Sorted(maps.Keys(h.wrong)) {
		out = append(out, h.wrong[about])
	}
	return out
}
