package callcenter

import (
	"cmp"
	"slices"
)

// memory is what is remembered of a queue beyond its callers: an object of the state of its own, so that a Step writes only
// those it touched. A queue that no plan has any more keeps its own.
type memory struct {
	Queue string  `json:"q"`
	Rang  string  `json:"rang,omitempty"`  // the agent rung last, where the queue goes round
	Calls int     `json:"calls,omitempty"` // handled, at most handledMemory
	Mean  float64 `json:"mean,omitempty"`  // their handle time in milliseconds, in which the latest weigh most

	dirty bool
}

// memoryOf finds what is remembered of a queue; nil = nothing yet.
func (c *Center) memoryOf(queue string) *memory {
	i, known := slices.BinarySearchFunc(c.memories, queue, compareMemory)
	if !known {
		return nil
	}
	return c.memories[i]
}

func compareMemory(m *memory, queue string) int { return cmp.Compare(m.Queue, queue) }

// remember is a queue's memory to be changed.
func (c *Center) remember(queue string) *memory {
	i, known := slices.BinarySearchFunc(c.memories, queue, compareMemory)
	if !known {
		c.memories = slices.Insert(c.memories, i, &memory{Queue: queue})
	}
	m := c.memories[i]
	if !m.dirty {
		m.dirty = true
		c.touched.memories = append(c.touched.memories, m)
	}
	return m
}
