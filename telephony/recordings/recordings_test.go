package recordings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"firstline/telephony/callcenter"
)

// checkTold compares what is told with the file.
func (s *site) checkTold(t *testing.T, e callcenter.RecordingStored, id string, length time.Duration) {
	t.Helper()
	file := s.read(t, id)
	sum := sha256.Sum256(file)
	want := callcenter.RecordingStored{Recording: id, Duration: length, Bytes: int64(len(file)), SHA256: hex.EncodeToString(sum[:])}
	if e != want {
		t.Errorf("told %+v, want %+v", e, want)
	}
}

func TestStored(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1, 2, 3, 4), mono(-1, -2)
		e := one[callcenter.RecordingStored](t, s.do(command(sampleTime)))
		s.checkTold(t, e, id, 4*sampleTime)
		if got, want := frames(t, s.read(t, id)), []int16{1, 0, 2, -1, 3, -2, 4, 0}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		same(t, s.asterisk.said(), []string{"fetch in", "fetch out", "delete in", "delete out"})
		same(t, s.names(t), []string{"pbx1-1763838123.4_r1.wav"})
		count(t, "stored", s.metrics.stored, 1)
		count(t, "bytes", s.metrics.bytes, float64(e.Bytes))
		count(t, "waiting", s.metrics.waiting, 0)
		count(t, "retries", s.metrics.retries, 0)
	})
}

// TestOtherSideEarlier: what he heard began first.
func TestOtherSideEarlier(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1, 2), mono(-1, -2)
		s.checkTold(t, one[callcenter.RecordingStored](t, s.do(command(-3*sampleTime))), id, 5*sampleTime)
		if got, want := frames(t, s.read(t, id)), []int16{0, -1, 0, -2, 0, 0, 1, 0, 2, 0}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestSilencesStored: the command's silences are in the file.
func TestSilencesStored(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1, 2, 3, 4), mono(-1, -2, -3)
		c := command(sampleTime)
		c.Silences = []callcenter.Silence{{From: 3*sampleTime - 1}, {From: sampleTime / 2, To: sampleTime}}
		s.checkTold(t, one[callcenter.RecordingStored](t, s.do(c)), id, 4*sampleTime)
		if got, want := frames(t, s.read(t, id)), []int16{0, 0, 2, -1, 0, 0, 0, 0}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestOneSide: the other one is silent, whether Asterisk has it no more or it never began.
func TestOneSide(t *testing.T) {
	for name, c := range map[string]struct {
		has  string
		mend func(*callcenter.StoreRecording)
		want []int16
	}{
		"no out":    {"in", func(*callcenter.StoreRecording) {}, []int16{5, 0, 6, 0}},
		"no in":     {"out", func(*callcenter.StoreRecording) {}, []int16{0, 0, 0, 5, 0, 6}}, // the offset stays made up for
		"never out": {"in", func(c *callcenter.StoreRecording) { c.Out = "" }, []int16{5, 0, 6, 0}},
		"never in":  {"out", func(c *callcenter.StoreRecording) { c.In, c.Offset = "", 0 }, []int16{0, 5, 0, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, s *site) {
				s.asterisk.files[c.has] = mono(5, 6)
				asked := command(sampleTime)
				c.mend(&asked)
				if asked.In == "" || asked.Out == "" {
					one[callcenter.RecordingStored](t, s.do(asked)) // there is nothing to wait for
				} else {
					one[callcenter.RecordingStored](t, s.doAll(t, asked))
				}
				if got := frames(t, s.read(t, id)); !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				count(t, "missing", s.metrics.missing, 1)
				if slices.ContainsFunc(s.asterisk.said(), func(call string) bool { return strings.HasSuffix(call, " ") }) {
					t.Error("asked for a recording without a name")
				}
			})
		})
	}
}

func TestNoSide(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		e := one[callcenter.RecordingLost](t, s.doAll(t, command(0)))
		if e.Recording != id || !strings.Contains(e.Error, `neither "in" nor "out" is in Asterisk`) {
			t.Errorf("told %+v", e)
		}
		same(t, s.asterisk.said(), slices.Repeat([]string{"fetch in", "fetch out"}, 6))
		same(t, s.names(t), nil)
		count(t, "lost", s.metrics.lost, 1)
		count(t, "waiting", s.metrics.waiting, 0)
	})
}

// TestFetchedBeforeItBegan: the commands that begin a side were still waiting in line when it was to be stored.
func TestFetchedBeforeItBegan(t *testing.T) {
	for _, late := range [][]string{{"in"}, {"out"}, {"in", "out"}} {
		within(t, func(t *testing.T, s *site) {
			s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
			for _, name := range late {
				delete(s.asterisk.files, name)
			}
			if events := s.do(command(0)); len(events) > 0 {
				t.Fatalf("%v late: told %v", late, events)
			}
			count(t, "waiting", s.metrics.waiting, 1)
			s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
			pass(firstPause)
			one[callcenter.RecordingStored](t, s.inbox.take())
			if got, want := frames(t, s.read(t, id)), []int16{1, 2}; !slices.Equal(got, want) {
				t.Errorf("%v late: got %v, want %v", late, got, want)
			}
			if len(s.asterisk.files) > 0 {
				t.Errorf("%v late: it is still in Asterisk", late)
			}
			count(t, "missing", s.metrics.missing, 0)
			same(t, s.names(t), []string{"pbx1-1763838123.4_r1.wav"})
		})
	}
}

// TestLongFetch: what wasn't there at the beginning of an attempt may be there when the other side has come.
func TestLongFetch(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["out"] = mono(2)
		s.asterisk.trouble = func(_ context.Context, call string) error {
			if call == "fetch out" {
				<-time.After(2 * beginLimit)
				s.asterisk.mu.Lock()
				s.asterisk.files["in"] = mono(1)
				s.asterisk.mu.Unlock()
			}
			return nil
		}
		s.do(command(0))
		pass(5 * beginLimit)
		one[callcenter.RecordingStored](t, s.inbox.take())
		count(t, "missing", s.metrics.missing, 0)
	})
}

// TestNothingAfterwards: a file that was kept stays what is told, whatever Asterisk has by now and whatever is asked for.
func TestNothingAfterwards(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"] = mono(1, 2)
		before := one[callcenter.RecordingStored](t, s.doAll(t, command(0)))
		file := s.read(t, id)
		s = s.again(t)
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(7), mono(8, 9, 10)
		c := command(sampleTime)
		c.Silences = []callcenter.Silence{{}}
		if after := one[callcenter.RecordingStored](t, s.do(c)); after != before {
			t.Errorf("told %+v, before %+v", after, before)
		}
		if !slices.Equal(s.read(t, id), file) {
			t.Error("the file was changed")
		}
	})
}

// TestKeptBefore: the process died after it had kept the file. Whatever Asterisk still has of it, the file is what is told.
func TestKeptBefore(t *testing.T) {
	for _, left := range [][]string{nil, {"in"}, {"out"}, {"in", "out"}} {
		within(t, func(t *testing.T, s *site) {
			s.asterisk.files["in"], s.asterisk.files["out"] = mono(1, 2, 3), mono(4, 5, 6)
			before := one[callcenter.RecordingStored](t, s.do(command(0)))
			s = s.again(t)
			for _, name := range left {
				s.asterisk.files[name] = mono(1, 2, 3)
			}
			if after := one[callcenter.RecordingStored](t, s.do(command(0))); after != before {
				t.Errorf("%v left: told %+v, before %+v", left, after, before)
			}
			if len(s.asterisk.files) > 0 {
				t.Errorf("%v left: it is still in Asterisk", left)
			}
		})
	}
}

// TestKeptFileBroken: it is fetched again, and lost when that can't be.
func TestKeptFileBroken(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		path := filepath.Join(s.root, "2000-01-31", "pbx1-1763838123.4_r1.wav")
		spoil := func() {
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte("RIFF"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		spoil()
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		s.checkTold(t, one[callcenter.RecordingStored](t, s.do(command(0))), id, sampleTime)
		spoil()
		one[callcenter.RecordingLost](t, s.doAll(t, command(0)))
	})
}

// TestRetried: pauses double up to a minute; then all is well.
func TestRetried(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		var at []time.Duration
		began := time.Now()
		s.asterisk.trouble = func(_ context.Context, call string) error {
			if call == "fetch in" {
				at = append(at, time.Since(began)/time.Second)
			}
			if call == "fetch out" && len(at) < 9 {
				return errors.New("connection refused")
			}
			return nil
		}
		if events := s.do(command(0)); len(events) > 0 {
			t.Fatalf("told %v", events)
		}
		same(t, s.names(t), nil)
		count(t, "waiting", s.metrics.waiting, 1)
		pass(5 * time.Minute)
		one[callcenter.RecordingStored](t, s.inbox.take())
		if want := []time.Duration{0, 1, 3, 7, 15, 31, 63, 123, 183}; !slices.Equal(at, want) {
			t.Errorf("tried at %d, want %d", at, want)
		}
		count(t, "retries", s.metrics.retries, 8)
		same(t, s.names(t), []string{"pbx1-1763838123.4_r1.wav"})
	})
}

// TestGivenUp: nothing is deleted, so that somebody may still fetch it by hand.
func TestGivenUp(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.trouble = func(context.Context, string) error { return errors.New("connection refused") }
		s.do(command(0))
		pass(s.cfg.GiveUp - time.Second)
		if events := s.inbox.take(); len(events) > 0 {
			t.Fatalf("told %v", events)
		}
		pass(time.Second)
		e := one[callcenter.RecordingLost](t, s.inbox.take())
		if want := "given up after 30m0s: recording in in Asterisk: connection refused"; e.Error != want {
			t.Errorf("told %q, want %q", e.Error, want)
		}
		for _, call := range s.asterisk.said() {
			if call != "fetch in" {
				t.Errorf("it was asked to %s", call)
			}
		}
		same(t, s.names(t), nil)
		count(t, "lost", s.metrics.lost, 1)
		count(t, "waiting", s.metrics.waiting, 0)
	})
}

// TestHanging: an attempt that hangs is ended, and so is one whose turn never comes.
func TestHanging(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.trouble = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		for n := range 12 {
			c := command(0)
			c.Recording = fmt.Sprintf("a/r%d", n)
			s.do(c)
		}
		if calls := s.asterisk.said(); len(calls) != s.cfg.Workers {
			t.Errorf("%d are fetched at once", len(calls))
		}
		count(t, "waiting", s.metrics.waiting, 12)
		pass(s.cfg.GiveUp)
		if events := s.inbox.take(); len(events) != 12 {
			t.Errorf("%d of 12 are told", len(events))
		}
		count(t, "lost", s.metrics.lost, 12)
		count(t, "waiting", s.metrics.waiting, 0)
	})
}

// TestOthersGoOn: a recording that can't be had holds no worker between its attempts.
func TestOthersGoOn(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["good"], s.asterisk.files["out"] = mono(1), mono(2)
		s.asterisk.trouble = func(_ context.Context, call string) error {
			if strings.HasPrefix(call, "fetch bad") {
				return errors.New("no")
			}
			return nil
		}
		for n := range 5 {
			c := command(0)
			c.Recording, c.In = fmt.Sprintf("a/r%d", n), "bad"
			s.do(c)
		}
		c := command(0)
		c.In = "good"
		one[callcenter.RecordingStored](t, s.do(c))
	})
}

// TestAskedTwice: while it is under way it is done once; later it is done again.
func TestAskedTwice(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		release := make(chan struct{})
		s.asterisk.trouble = func(context.Context, string) error { <-release; return nil }
		s.do(command(0))
		s.do(command(0))
		close(release)
		synctest.Wait()
		one[callcenter.RecordingStored](t, s.inbox.take())
		same(t, s.asterisk.said(), []string{"fetch in", "fetch out", "delete in", "delete out"})
		one[callcenter.RecordingStored](t, s.do(command(0)))
	})
}

// wide is a WAV of another kind.
func wide() []byte {
	b := mono(1, 2)
	b[24], b[25] = 0x80, 0x3e // 16000
	return b
}

// TestBroken: two sides that can't be kept are not tried again, one is named, both are left in Asterisk.
func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		mend func(*callcenter.StoreRecording)
		want string
	}{
		"both":     {nil, func(*callcenter.StoreRecording) {}, "recording in in Asterisk: it is no WAV file"},
		"never in": {nil, func(c *callcenter.StoreRecording) { c.In = "" }, "recording out in Asterisk: it has 16000 samples a second, not 8000"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, s *site) {
				s.asterisk.files["in"], s.asterisk.files["out"] = c.in, wide()
				asked := command(0)
				c.mend(&asked)
				if e := one[callcenter.RecordingLost](t, s.do(asked)); e.Error != c.want {
					t.Errorf("told %q, want %q", e.Error, c.want)
				}
				if len(s.asterisk.files) != 2 {
					t.Error("it was deleted in Asterisk")
				}
				same(t, s.names(t), nil)
				count(t, "retries", s.metrics.retries, 0)
			})
		})
	}
}

// TestBrokenAndMissing: the one that is missing may still come.
func TestBrokenAndMissing(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"] = wide()
		e := one[callcenter.RecordingLost](t, s.doAll(t, command(0)))
		if want := "recording in in Asterisk: it has 16000 samples a second, not 8000"; e.Error != want {
			t.Errorf("told %q, want %q", e.Error, want)
		}
		same(t, s.names(t), nil)
	})
}

// TestOneBroken: the good side is kept and deleted, the broken one is silent and stays in Asterisk, also when the process died
// before it had told of it.
func TestOneBroken(t *testing.T) {
	for name, c := range map[string]struct {
		in, out []byte
		stays   string
		want    []int16
	}{
		"in of another kind":  {wide(), mono(5, 6), "in", []int16{0, 0, 0, 5, 0, 6}},
		"out of another kind": {mono(5, 6), wide(), "out", []int16{5, 0, 6, 0}},
		"in empty":            {nil, mono(5, 6), "in", []int16{0, 0, 0, 5, 0, 6}},
		"out empty":           {mono(5, 6), nil, "out", []int16{5, 0, 6, 0}},
		"out no WAV":          {mono(5, 6), []byte("<html>not found, and more of it</html>"), "out", []int16{5, 0, 6, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, s *site) {
				s.asterisk.files["in"], s.asterisk.files["out"] = c.in, c.out
				before := one[callcenter.RecordingStored](t, s.do(command(sampleTime)))
				s.checkTold(t, before, id, time.Duration(len(c.want)/2)*sampleTime)
				if got := frames(t, s.read(t, id)); !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				for range 2 {
					if _, ok := s.asterisk.files[c.stays]; !ok || len(s.asterisk.files) != 1 {
						t.Errorf("in Asterisk are %q", s.asterisk.files)
					}
					count(t, "failed deletes", s.metrics.deleteFailures, 0)
					if s.stop(); t.Failed() {
						return
					}
					s = s.again(t)
					if after := one[callcenter.RecordingStored](t, s.do(command(sampleTime))); after != before {
						t.Errorf("told %+v, before %+v", after, before)
					}
				}
			})
			within(t, func(t *testing.T, s *site) {
				s.asterisk.files["in"], s.asterisk.files["out"] = c.in, c.out
				one[callcenter.RecordingStored](t, s.do(command(0)))
				count(t, "missing", s.metrics.missing, 1)
				same(t, s.names(t), []string{"pbx1-1763838123.4_r1.wav"})
			})
		})
	}
}

// TestKeptButAway: a recording that was kept is told though Asterisk can't be asked what is left of it, and nothing is deleted.
func TestKeptButAway(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		before := one[callcenter.RecordingStored](t, s.do(command(0)))
		s.asterisk.said()
		s.asterisk.trouble = func(context.Context, string) error { return errors.New("connection refused") }
		if after := one[callcenter.RecordingStored](t, s.do(command(0))); after != before {
			t.Errorf("told %+v, before %+v", after, before)
		}
		same(t, s.asterisk.said(), []string{"fetch in", "fetch out"})
		count(t, "failed deletes", s.metrics.deleteFailures, 2)
		same(t, s.names(t), []string{"pbx1-1763838123.4_r1.wav"})
	})
}

// TestBadID: an id that is no file name is lost before anything is asked for.
func TestBadID(t *testing.T) {
	for _, id := range []string{"", "../r1", "../../etc/r1/r1", "/r1", ".a/r1", "a/b/r1", "a/r1/..", "a\x00/r1"} {
		within(t, func(t *testing.T, s *site) {
			c := command(0)
			c.Recording = id
			if e := one[callcenter.RecordingLost](t, s.do(c)); e.Recording != id || !strings.Contains(e.Error, "is no id of a recording") {
				t.Errorf("told %+v", e)
			}
			same(t, s.asterisk.said(), nil)
		})
	}
}

// TestDeleteFails: the recording is kept all the same.
func TestDeleteFails(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		s.asterisk.trouble = func(ctx context.Context, call string) error {
			switch call {
			case "delete in":
				return errors.New("connection refused")
			case "delete out":
				<-ctx.Done() // it hangs
				return ctx.Err()
			}
			return nil
		}
		s.do(command(0))
		pass(deleteLimit)
		one[callcenter.RecordingStored](t, s.inbox.take())
		count(t, "failed deletes", s.metrics.deleteFailures, 2)
		count(t, "stored", s.metrics.stored, 1)
	})
}

// TestDiskTrouble: what can't be kept is tried again.
func TestDiskTrouble(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		day := filepath.Join(s.root, "2000-01-31") // a file where the folder should be
		if err := errors.Join(os.MkdirAll(s.root, 0o750), os.WriteFile(day, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if events := s.do(command(0)); len(events) > 0 {
			t.Fatalf("told %v", events)
		}
		if err := os.Remove(day); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		s.checkTold(t, one[callcenter.RecordingStored](t, s.inbox.take()), id, sampleTime)
	})
}

// TestEnd: nothing is told at the end, wherever it comes; the same command does it after a restart.
func TestEnd(t *testing.T) {
	for _, where := range []string{"fetch in", "fetch out", "delete in", "delete out"} {
		within(t, func(t *testing.T, s *site) {
			s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
			s.asterisk.trouble = func(ctx context.Context, call string) error {
				if call == where {
					<-ctx.Done()
				}
				return ctx.Err()
			}
			s.do(command(0))
			s.stop()
			if events := s.inbox.take(); len(events) > 0 {
				t.Errorf("%s: told %v", where, events)
			}
			count(t, "failed deletes", s.metrics.deleteFailures, 0)
			s.asterisk.trouble = nil
			s = s.again(t)
			s.checkTold(t, one[callcenter.RecordingStored](t, s.do(command(0))), id, sampleTime)
			if len(s.asterisk.files) > 0 {
				t.Errorf("%s: it is still in Asterisk", where)
			}
			same(t, s.names(t), []string{"pbx1-1763838123.4_r1.wav"})
		})
	}
}

// TestEndBetweenAttempts: nobody waits for the pause.
func TestEndBetweenAttempts(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.asterisk.trouble = func(context.Context, string) error { return errors.New("no") }
		s.do(command(0))
		began := time.Now()
		s.stop()
		if took := time.Since(began); took > 0 {
			t.Errorf("the end took %s", took)
		}
		if events := s.inbox.take(); len(events) > 0 {
			t.Errorf("told %v", events)
		}
	})
}

// TestBeforeRun: commands that the core repeats at a start wait for Run.
func TestBeforeRun(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.stop()
		next := open(t, s.cfg, s.asterisk)
		s.asterisk.files["in"], s.asterisk.files["out"] = mono(1), mono(2)
		next.Do(command(0))
		next.Do(callcenter.Lookup{}) // not ours
		next.run(t)
		synctest.Wait()
		one[callcenter.RecordingStored](t, next.inbox.take())
	})
}

// TestNoFolder: without a folder nothing can be kept.
func TestNoFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, DefaultConfig(), &asterisk{})
		s.run(t)
		if e := one[callcenter.RecordingLost](t, s.do(command(0))); !strings.Contains(e.Error, "recordings.dir is empty") {
			t.Errorf("told %+v", e)
		}
		same(t, s.asterisk.said(), nil)
		count(t, "lost", s.metrics.lost, 1)
	})
}

// TestExpired: at the start and every hour. What can't be removed is counted.
func TestExpired(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		put := func(day string) {
			dir := filepath.Join(s.root, day)
			if err := errors.Join(os.MkdirAll(dir, 0o750), os.WriteFile(filepath.Join(dir, "a_r1.wav"), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		put("1999-12-31")
		put("2000-01-01")
		s = s.again(t)
		synctest.Wait()
		count(t, "expired", s.metrics.expired, 1)
		pass(24*time.Hour - time.Minute)
		count(t, "expired", s.metrics.expired, 1)
		pass(time.Hour)
		count(t, "expired", s.metrics.expired, 2)
		count(t, "failures", s.metrics.expiryFailures, 0)
		put("2000-01-01/odd")
		pass(time.Hour)
		count(t, "failures", s.metrics.expiryFailures, 1)
		if _, err := os.Stat(filepath.Join(s.root, "2000-01-01", "odd")); errors.Is(err, fs.ErrNotExist) {
			t.Error("what is not the archive's was removed")
		}
	})
}

func TestConfig(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"":        func(*Config) {},
		"workers": func(c *Config) { c.Workers = 17 },
		"give_up": func(c *Config) { c.GiveUp = 51 * time.Minute },
	} {
		cfg := DefaultConfig()
		spoil(&cfg)
		got := ""
		for _, p := range cfg.Validate() {
			got += p.Path
		}
		if got != want {
			t.Errorf("%+v: problems with %q, want %q", cfg, got, want)
		}
	}
	for give, want := range map[time.Duration]int{time.Minute - 1: 1, time.Minute: 0, 50 * time.Minute: 0, 50*time.Minute + 1: 1} {
		if got := (Config{Workers: 1, GiveUp: give}).Validate(); len(got) != want {
			t.Errorf("give_up %s: %v", give, got)
		}
	}
	if _, err := New(Config{}, nil, nil, nil, nil); err == nil || !strings.Contains(err.Error(), "recordings.workers") {
		t.Errorf("got %v", err)
	}
}
