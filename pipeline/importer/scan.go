package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// part is a stretch of a file whose lines are in the order of their times. Most files are one; one that was put together
// from rotations, the newest first, is several.
type part struct {
	file        int // index of the input
	first, last int // numbers of its lines; last 0 = to the end of the file
	begins      time.Time
	ends        time.Time
	lines       int64
	leaps       map[int]bool // lines whose time leaps ahead and back again
}

func (p *part) compare(o *part) int {
	return cmp.Or(p.begins.Compare(o.begins), p.ends.Compare(o.ends), cmp.Compare(p.file, o.file), cmp.Compare(p.first, o.first))
}

// Times that go back, or leap ahead.
const (
	rewound = time.Hour      // more than a clock is set back by: another rotation begins
	leap    = 24 * time.Hour // a line so much later than those before and behind it has a wrong time
)

// scan looks through the files: where their parts begin, and how many lines there are.
func scan(ctx context.Context, cfg Config, told func(Progress)) ([]*part, error) {
	var out []*part
	var lines int64
	for i, in := range cfg.Files {
		parts, err := scanFile(ctx, in, i, cfg.Zone)
		if err != nil {
			return nil, err
		}
		out = append(out, parts...)
		for _, p := range parts {
			lines += p.lines
		}
		if told != nil {
			told(Progress{Scanning: true, Lines: lines})
		}
	}
	slices.SortStableFunc(out, func(a, b *part) int { return a.compare(b) })
	return out, nil
}

func scanFile(ctx context.Context, in Input, index int, zone *time.Location) ([]*part, error) {
	r, err := read(in, zone)
	if err != nil {
		return nil, err
	}
	defer r.close() //nolint:errcheck // read only
	_, sql := r.(*table)
	p := &part{file: index, first: 1, leaps: map[int]bool{}}
	out := []*part{p}
	high, before, lastNumber := time.Time{}, time.Time{}, 0
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row, err := r.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		p.lines++
		if row.bad != "" {
			continue
		}
		at := row.line.At
		if !before.IsZero() && high.Sub(before) > leap && high.Sub(at) > leap && before.Sub(at) < rewound {
			p.leaps[lastNumber] = true
			high = before
		}
		switch {
		case high.IsZero():
			p.begins = at
		case high.Sub(at) <= rewound:
		case sql:
			return nil, fmt.Errorf("%s is not in the order of time: line %d is of %s, one before it of %s: export it with ORDER BY time",
				in.Name, row.number, at.Format(time.DateTime), high.Format(time.DateTime))
		default:
			p.last, p.lines = row.number-1, p.lines-1
			p = &part{file: index, first: row.number, begins: at, lines: 1, leaps: map[int]bool{}}
			out, high = append(out, p), time.Time{}
		}
		before, lastNumber = high, row.number
		if at.After(high) {
			high = at
		}
		p.ends = high
	}
}

func total(parts []*part) (n int64) {
	for _, p := range parts {
		n += p.lines
	}
	return n
}
