package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fixed is what every `go test` runs: always the same seeds.
const (
	fixedSeeds = 200
	fixedSteps = 1500
)

func TestFixedSeeds(t *testing.T) {
	seen := runSeeds(t, fixedSteps, func(yield func(uint64) bool) {
		for seed := uint64(1); seed <= fixedSeeds; seed++ {
			if !yield(seed) {
				return
			}
		}
	})
	for _, what := range mustSee() {
		if seen[what] == 0 {
			t.Errorf("no seed has seen %q", what)
		}
	}
}

// TestSimSeeds is `make sim`: SIM_SEED runs one seed, SIM_SEEDS that many fresh ones, SIM_STEPS steps each. Without any of
// them it runs one more fixed seed. SIM_TRACE names a file for the whole trace of the one seed.
func TestSimSeeds(t *testing.T) {
	steps := number(t, "SIM_STEPS", fixedSteps)
	seeds := number(t, "SIM_SEEDS", 0)
	if os.Getenv("SIM_SEED") != "" || seeds == 0 {
		seed := uint64(number(t, "SIM_SEED", 4711))
		trace(t, seed, steps)
		runSeeds(t, steps, func(yield func(uint64) bool) { yield(seed) })
		return
	}
	runSeeds(t, steps, func(yield func(uint64) bool) {
		for range seeds {
			if !yield(rand.Uint64() >> 16) {
				return
			}
		}
	})
	t.Logf("%d fresh seeds, %d steps each, every seed twice", seeds, steps)
}

// trace writes the trace of a seed where SIM_TRACE says.
func trace(t *testing.T, seed uint64, steps int) {
	t.Helper()
	name := os.Getenv("SIM_TRACE")
	if name == "" {
		return
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	play(Options{Seed: seed, Steps: steps, Trace: f}, setting{})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// runSeeds runs seeds side by side, one a processor, and sums up what they have seen. The first failures are shrunk and
// shown.
func runSeeds(t *testing.T, steps int, seeds func(yield func(uint64) bool)) counts {
	t.Helper()
	todo := make(chan uint64)
	sum := counts{}
	failures := 0
	var mutex sync.Mutex // guards sum and failures
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := range todo {
				result, err := Run(Options{Seed: seed, Steps: steps})
				mutex.Lock()
				for what, n := range result.Seen {
					sum[what] += n
				}
				if err != nil {
					failures++
					report(t, err, failures)
				}
				mutex.Unlock()
			}
		})
	}
	for seed := range seeds {
		todo <- seed
	}
	close(todo)
	workers.Wait()
	return sum
}

// report shows a failed seed; the first ones in full.
func report(t *testing.T, err error, nth int) {
	t.Helper()
	var f *Failure
	switch {
	case !errors.As(err, &f) || nth > 3:
		t.Error(strings.SplitN(err.Error(), "\n", 3)[:2])
	case f.Rule == ruleDeterminism:
		t.Error(err)
	default:
		total := len(f.played)
		small, kept := shrink(Options{Seed: f.Seed, Steps: f.Steps}, setting{}, f)
		t.Errorf("%v\nshrunk from %d to %d stimuli:\n%v", err, total, kept, small)
	}
}

// mustSee is what the fixed seeds must have come across together: a simulation that never meets a case proves nothing
// about it.
func mustSee() []string {
	return []string{
		"entry answered", "entry abandoned", "entry overflowed", "entry failed", "entry exited", "entry left_empty",
		"relaxed step", "wait told", "relaxed preferred_time", "relaxed preferred_miss", "relaxed preferred_absent",
		"offer answered", "offer missed", "offer declined", "offer busy", "offer unavailable", "offer withdrawn",
		"offer lost_race", "offer failed", "rung beside others", "lost to another agent",
		"flow queued", "incident.began", "incident.ended", "incident told", "flow hung_up", "flow contained", "flow gave_up",
		"dialled an agent", "dialled a queue",
		"lookup found", "lookup not_found", "lookup failed", "lookup timeout",
		"refused full", "refused empty", "refused too_long", "call refused blocked", "place resumed",
		"segment talk", "segment hold", "segment wrap_up",
		"transfer blind desk completed", "transfer blind phone completed", "transfer attended desk completed",
		"transfer attended desk conference", "transfer attended desk returned", "transfer attended desk unanswered",
		"transfer attended desk abandoned", "transfer attended phone completed", "transfer attended phone returned",
		"asked outside desk completed", "asked outside desk conference", "asked outside desk returned", "asked outside desk unanswered",
		"asked outside desk busy", "asked outside desk declined", "asked outside desk unavailable", "asked outside desk failed",
		"asked outside desk abandoned", "asked outside phone completed", "asked outside phone returned", "guest talks to a caller",
		"left to a phone that rings", "outside answered", "outside missed", "outside withdrawn", "call answered outside_hung_up",
		"monitor listen", "monitor whisper", "monitor barge", "monitor switched", "monitor took_over", "monitor ended",
		"monitor missed missed", "monitor missed withdrawn", "monitor missed declined", "monitor missed unavailable",
		"urged by supervisor", "urged by system", "moved", "entry withdrawn",
		"callback promised", "put off closed", "put off retry", "put off incident", "entry callback", "entry voicemail", "talk with a customer",
		"attempt reached", "attempt no_answer", "attempt busy", "attempt declined", "attempt unavailable", "attempt unconfirmed", "attempt failed",
		"attempt agent_left", "attempt called_off", "callback connected", "callback abandoned", "callback not_reached", "callback cancelled",
		"callback expired", "sent out", "flow transferred", "call contained transferred", "call answered transferred", "callback called_in", "callback failed", "callback called in by himself",
		"muted", "muted while one asks", "unmuted by desk", "unmuted by system",
		"told of the recording heard", "told of the recording failed", "told in the talk", "command PlayToAll", "refused command PlayToAll 0",
		"recorded all", "recorded share", "recorded demand", "recorded voicemail", "recording complete", "recording failed", "recording stored", "recording lost",
		"mark of voicemail_done", "mark of voicemail_open", "recording paused by desk", "keys not recorded", "recording paused by system", "event RecordingBroke", "event RecordingStopped",
		"phone transfers attended", "refused command RemoveFromBridge 0",
		"agent ready", "agent paused", "agent ringing", "agent talking", "agent wrap_up", "agent outside",
		"agent unreachable", "agent logged_out", "billable pause", "agent calling", "arrived outbound",
		"fault crash", "fault link lost", "fault asterisk restart", "stimulus plan change", "fallback",
		"command CheckPhone", "event PhoneChecked", "look free", "look unregistered", "look outside", "look late", "look lost",
		"ignored no_look", "refused command CheckPhone 0", "refused command CheckPhone 500",
		"dialplan time-out", "disposition", "repeated at once",
		"seated by desk", "seated by phone", "logged out seat_taken", "logged out moved", "logged out seat_gone", "PIN right true", "PIN right false",
		"reply no_seat", "reply unknown_seat", "reply seat_taken", "reply fixed_phone", "ignored wrong_log_in",
		"caller gives up", "caller gives up while it rings", "caller hangs up at the answer",
	}
}

func ExampleRun() {
	result, err := Run(Options{Seed: 1, Steps: 100})
	fmt.Println(result.Seed, err)
	// Output: 1 <nil>
}
