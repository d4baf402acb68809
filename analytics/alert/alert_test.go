package alert

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var rewrite = flag.Bool("rewrite", false, "write testdata anew")

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// TestCourses runs each scenario of testdata/courses.txt: a rule in the first line, then looks at the number, a line each: the minute,
// the verdict, and behind the arrow what comes of it: the phase, since which minute, and what a recipient is told.
func TestCourses(t *testing.T) {
	const path = "testdata/courses.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := played(t, string(text))
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(text) {
		t.Errorf("the courses differ from %s; run with -rewrite and read the difference:\n%s", path, got)
	}
}

func played(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	var r Rule
	var s State
	var told Told
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		var forMin, clearMin, repeatMin, minute int
		var verdict Verdict
		switch {
		case strings.HasPrefix(line, "#"), line == "":
		case strings.HasPrefix(line, "rule "):
			if _, err := fmt.Sscanf(line, "rule for=%d clear_for=%d repeat=%d", &forMin, &clearMin, &repeatMin); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
			r, s, told = Rule{For: minutes(forMin), ClearFor: minutes(clearMin), Repeat: minutes(repeatMin)}, State{}, Told{}
		default:
			if _, err := fmt.Sscanf(line, "%d %s", &minute, &verdict); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			now := start().Add(time.Duration(minute) * time.Minute)
			s = Step(r, s, Sample{Verdict: verdict}, now)
			line = fmt.Sprintf("%3d %-8s → %s since %g", minute, verdict, s.Phase, s.Since.Sub(start()).Minutes())
			if w, due := Due(r, s, told, now); due {
				told = told.Heard(w, s, now)
				line += ", says " + string(w)
			}
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// look is one look at a number, some seconds after the one before.
type look struct {
	after   time.Duration
	verdict Verdict
}

func looks() *rapid.Generator[[]look] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) look {
		return look{
			time.Duration(rapid.IntRange(0, 400).Draw(t, "after")) * time.Second,
			rapid.SampledFrom([]Verdict{Good, Bad, Bad, Between, Nothing, Unknown}).Draw(t, "verdict"),
		}
	}), 1, 60)
}

// TestStepHoldsItsWord: whatever comes, an alert fires only after the number was bad all the time that the rule says, ends only after it
// was good so long, and what nobody knows is never called ok.
func TestStepHoldsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{
			For: time.Duration(rapid.IntRange(0, 600).Draw(t, "for")) * time.Second, ClearFor: time.Duration(rapid.IntRange(0, 600).Draw(t, "clear")) * time.Second,
		}
		now, s := start(), State{}
		var badSince, goodSince time.Time // the obvious version: a run of looks without a break
		last := now
		for _, l := range looks().Draw(t, "looks") {
			now = now.Add(l.after)
			if now.Sub(last) > Gap {
				badSince, goodSince = time.Time{}, time.Time{}
			}
			last = now
			before := s
			s = Step(r, s, Sample{Verdict: l.verdict}, now)
			switch l.verdict {
			case Bad:
				goodSince = time.Time{}
				if badSince.IsZero() {
					badSince = now
				}
			case Good, Nothing:
				badSince = time.Time{}
				if goodSince.IsZero() {
					goodSince = now
				}
			case Between:
				badSince, goodSince = time.Time{}, time.Time{}
			case Unknown:
				goodSince = time.Time{}
			}
			if s.Phase == Firing && before.Phase != Firing && (badSince.IsZero() || now.Sub(badSince) < r.For) {
				t.Fatalf("fires at %s, bad since %s", now, badSince)
			}
			if l.verdict == Bad && before.Phase != Firing && now.Sub(badSince) >= r.For && s.Phase != Firing {
				t.Fatalf("%s at %s, bad since %s", s.Phase, now, badSince)
			}
			if before.Phase == Firing && s.Phase != Firing && (goodSince.IsZero() || now.Sub(goodSince) < r.ClearFor) {
				t.Fatalf("ends at %s, good since %s", now, goodSince)
			}
			if l.verdict == Unknown && s.Phase != NoData && s.Phase != Firing {
				t.Fatalf("unknown is %s", s.Phase)
			}
			if again := Step(r, s, Sample{Verdict: l.verdict}, now); again != s {
				t.Fatalf("a second look at the same instant changes %+v to %+v", s, again)
			}
		}
	})
}

// TestDueAgrees: who is told all that is due knows what stands, and hears nothing twice between repeats.
func TestDueAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{For: time.Minute, ClearFor: time.Minute, Repeat: time.Duration(rapid.IntRange(0, 3).Draw(t, "repeat")) * 10 * time.Minute}
		now, s, told := start(), State{}, Told{}
		var lastFiring, episode time.Time
		for _, l := range looks().Draw(t, "looks") {
			now = now.Add(l.after)
			s = Step(r, s, Sample{Verdict: l.verdict}, now)
			w, due := Due(r, s, told, now)
			if due {
				told = told.Heard(w, s, now)
			}
			if due && w == SaysFiring {
				if s.Since.Equal(episode) && (r.Repeat == 0 || now.Sub(lastFiring) < r.Repeat) {
					t.Fatalf("told again after %s", now.Sub(lastFiring))
				}
				lastFiring, episode = now, s.Since
			}
			if (s.Phase == Firing) != (told.Word == SaysFiring) {
				t.Fatalf("%s, and he was told %q", s.Phase, told.Word)
			}
			if _, more := Due(r, s, told, now); more {
				t.Fatal("something is left to be told")
			}
		}
	})
}

func TestPatience(t *testing.T) {
	if Patience(1) != 30*time.Second || Patience(2) != time.Minute || Patience(MaxTries) != time.Hour {
		t.Error(Patience(1), Patience(2), Patience(MaxTries))
	}
}
