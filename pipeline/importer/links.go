package importer

// links are ids that belong together: each leads to another of its group, the last one to none.
type links map[uint64]uint64

// root stands for the group of an id.
func (l links) root(id uint64) uint64 {
	for {
		next, ok := l[id]
		if !ok {
			return id
		}
		if further, ok := l[next]; ok {
			l[id] = further // so that ways stay short
		}
		id = next
	}
}

// join makes one group of two. The smaller root stays, whatever order they come in.
func (l links) join(a, b uint64) {
	a, b = l.root(a), l.root(b)
	if a != b {
		l[max(a, b)] = min(a, b)
	}
}

// together adds up counts by group.
func (l links) together(counts map[uint64]uint32) map[uint64]uint32 {
	out := make(map[uint64]uint32, len(counts))
	for id, n := range counts {
		out[l.root(id)] += n
	}
	return out
}
