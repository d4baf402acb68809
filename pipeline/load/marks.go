package load

import (
	"cmp"
	"slices"
)

// marksBytes limits the marks of a plan: a broker takes 4096 bytes of metadata unless set otherwise.
const marksBytes = 3000

// markOf returns the position of a log in marks, 0 when it was never seen.
func markOf(marks []Mark, source, epoch string) uint64 {
	for i := len(marks) - 1; i >= 0; i-- { // the most recent is nearly always the one asked for
		if m := &marks[i]; m.Source == source && m.Epoch == epoch {
			return m.Position
		}
	}
	return 0
}

// move sets one log's mark and puts it at the end, the place of the most recent. It changes marks.
func move(marks []Mark, source, epoch string, position uint64) []Mark {
	i := slices.IndexFunc(marks, func(m Mark) bool { return m.Source == source && m.Epoch == epoch })
	if i >= 0 {
		marks = slices.Delete(marks, i, i+1)
	}
	return append(marks, Mark{Source: source, Epoch: epoch, Position: position})
}

// limit drops the least recently moved marks until the rest fits into a commit's metadata. Logs come and go (every lost
// log is a new epoch); one that was quiet while dozens of others came is not expected to repeat itself.
func limit(marks []Mark) (kept []Mark, forgotten int) {
	size := 0
	for i := len(marks) - 1; i >= 0; i-- {
		size += len(marks[i].Source) + len(marks[i].Epoch) + 30
		if size > marksBytes {
			return marks[i+1:], i + 1
		}
	}
	return marks, 0
}

// sameMarks says whether two lists hold the same marks, in any order.
func sameMarks(a, b []Mark) bool {
	return slices.Equal(sorted(a), sorted(b))
}

func sorted(marks []Mark) []Mark {
	out := slices.Clone(marks)
	slices.SortFunc(out, func(x, y Mark) int {
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.Epoch, y.Epoch))
	})
	return out
}

// Has says whether a log's facts up to a position were in the partition's messages so far. A log whose mark was given up for
// others', long ago, is not known any more.
func (l Load) Has(source, epoch string, position uint64) bool {
	return markOf(l.After, source, epoch) >= position
}
