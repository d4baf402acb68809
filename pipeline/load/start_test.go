package load

import (
	"errors"
	"strings"
	"testing"
)

// A partition's history: plan 7 is offsets 100 to 149.
func plan(number uint64, first, last int64) *Plan {
	return &Plan{Cluster: "c1", Topic: "t", Number: number, First: first, Last: last, Before: []Mark{{"controller", "e", 500}}}
}

func loaded(number uint64, first, last int64) *Load {
	return &Load{Plan: *plan(number, first, last), After: []Mark{{"controller", "e", 500}}}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name    string
		f       found
		next    int64
		number  uint64
		pending bool
		expired int64
		stopped string // part of the reason
	}{
		{"the first time ever", found{first: 3, end: 9}, 3, 1, false, 0, ""},
		{"the plan is loaded", found{plan: plan(7, 100, 149), last: loaded(7, 100, 149), end: 200}, 150, 8, false, 0, ""},
		{"the plan is loaded, nothing new", found{plan: plan(7, 100, 149), last: loaded(7, 100, 149), end: 150}, 150, 8, false, 0, ""},
		{"the plan is pending", found{plan: plan(7, 100, 149), last: loaded(6, 50, 99), end: 150}, 150, 8, true, 0, ""},
		{"the first plan is pending", found{plan: &Plan{Cluster: "c1", Number: 1, Last: 9}, end: 10}, 10, 2, true, 0, ""},
		{"kafka dropped what was not loaded", found{plan: plan(7, 100, 149), last: loaded(7, 100, 149), first: 170, end: 200}, 170, 8, false, 20, ""},

		{"another cluster", found{cluster: "c2", last: loaded(7, 100, 149), end: 200}, 0, 0, false, 0, `cluster is "c2", but what is loaded came from "c1"`},
		{"a plan of another cluster", found{cluster: "c2", plan: plan(1, 0, 9), end: 200}, 0, 0, false, 0, `group's plan is of "c1"`},
		{"the group's offset is gone", found{last: loaded(7, 100, 149), end: 200}, 0, 0, false, 0, "no offset, although 7 plans are loaded"},
		{"the group's offset was set by hand", found{committed: true, last: loaded(7, 100, 149), end: 200}, 0, 0, false, 0, "carries no plan"},
		{"the group's offset was set by hand, nothing loaded", found{committed: true, end: 200}, 0, 0, false, 0, "carries no plan"},
		{"the log ends below a pending plan", found{plan: plan(7, 100, 149), last: loaded(6, 50, 99), end: 149}, 0, 0, false, 0, "ends at offset 149, but plan 7 reaches to 149"},
		{"the log ends below what is loaded", found{plan: plan(7, 100, 149), last: loaded(7, 100, 149), end: 149}, 0, 0, false, 0, "ends at offset 149, but is loaded up to 149"},
		{"the log begins above a pending plan", found{plan: plan(7, 100, 149), last: loaded(6, 50, 99), first: 101, end: 200}, 0, 0, false, 0, "begins at offset 101"},
		{"the tables are gone", found{plan: plan(7, 100, 149), end: 200}, 0, 0, false, 0, "table loads has none"},
		{"the tables are older", found{plan: plan(7, 100, 149), last: loaded(5, 30, 49), end: 200}, 0, 0, false, 0, "plan 7, but table loads at 5"},
		{"the group is older", found{plan: plan(7, 100, 149), last: loaded(9, 160, 169), end: 200}, 0, 0, false, 0, "plan 7, but table loads at 9"},
		{"the same number, other offsets", found{plan: plan(7, 100, 149), last: loaded(7, 100, 139), end: 200}, 0, 0, false, 0, "100 to 139 in table loads"},
		{"pending, but not where the table ends", found{plan: &Plan{Cluster: "c1", Number: 7, First: 100, Last: 149}, last: loaded(6, 50, 99), end: 200}, 0, 0, false, 0, "does not go on"},

		{"accepted, nothing planned since", found{cluster: "c2", last: accepted(8, "c2", 40), first: 40, end: 90}, 40, 9, false, 0, ""},
		{"accepted after the group's old plan", found{plan: plan(7, 100, 149), last: accepted(8, "c1", 0), end: 90}, 0, 9, false, 0, ""},
		{"accepted, then planned", found{plan: plan(9, 0, 49), last: accepted(8, "c1", 0), end: 90}, 50, 10, true, 0, ""},
		{"accepted, and wiped once more", found{cluster: "c3", last: accepted(8, "c2", 40), end: 90}, 0, 0, false, 0, `came from "c2"`},
		{"accepted, and kafka dropped some since", found{last: accepted(8, "c1", 0), first: 5, end: 90}, 5, 9, false, 5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := tt.f
			f.topic = "t"
			if f.cluster == "" {
				f.cluster = "c1"
			}
			f.committed = f.committed || f.plan != nil
			s, err := resolve(f)
			var stop *StoppedError
			if errors.As(err, &stop) != (tt.stopped != "") || err != nil && !strings.Contains(stop.Reason, tt.stopped) {
				t.Fatalf("error %v, want %q", err, tt.stopped)
			}
			if err != nil {
				if !strings.Contains(err.Error(), "firstline load accept --topic t --partition 0") {
					t.Errorf("error names no command: %v", err)
				}
				return
			}
			if s.next != tt.next || s.number != tt.number || (s.pending != nil) != tt.pending || s.expired != tt.expired {
				t.Errorf("%+v, want next %d number %d pending %v expired %d", s, tt.next, tt.number, tt.pending, tt.expired)
			}
		})
	}
}

func accepted(number uint64, cluster string, first int64) *Load {
	return &Load{Plan: Plan{Cluster: cluster, Topic: "t", Number: number, First: first, Last: first - 1,
		Before: []Mark{{"controller", "e", 500}}}, After: []Mark{{"controller", "e", 500}}, Accepted: true}
}

// Whatever stops a partition, accepting lets it go on.
func TestAcceptedResolves(t *testing.T) {
	stopped := []found{
		{cluster: "c2", last: loaded(7, 100, 149), first: 2, end: 200},
		{cluster: "c1", last: loaded(7, 100, 149), first: 2, end: 200},
		{cluster: "c1", committed: true, end: 200},
		{cluster: "c1", committed: true, plan: plan(7, 100, 149), last: loaded(6, 50, 99), end: 149},
		{cluster: "c1", committed: true, plan: plan(7, 100, 149), end: 200},
		{cluster: "c1", committed: true, plan: plan(7, 100, 149), last: loaded(9, 160, 169), end: 200},
	}
	for i, f := range stopped {
		if _, err := resolve(f); err == nil {
			t.Fatalf("%d: not stopped", i)
		}
		row := f.accepted()
		if f.last != nil && !sameMarks(row.After, f.last.After) {
			t.Errorf("%d: marks %v, want those of the last load", i, row.After)
		}
		f.last = &row
		s, err := resolve(f)
		if err != nil || s.next != f.first || s.number != row.Number+1 {
			t.Errorf("%d: after accepting: %+v, %v", i, s, err)
		}
	}
}
