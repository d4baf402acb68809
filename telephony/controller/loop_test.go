package controller

import (
	"bytes"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/log/disk/memdisk"
	"firstline/telephony/callcenter"
)

func isSegment(name string) bool { return strings.HasSuffix(name, ".seg") }

// A command leaves only after its record is synced.
func TestCommandsWaitForTheDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.openDesk()
		synctest.Wait()
		release := make(chan struct{})
		d.SetHook(func(op memdisk.Op, name string) error {
			if op == memdisk.OpSync && isSegment(name) {
				<-release
			}
			return nil
		})
		before := len(r.world.kinds())
		r.tell(arrival(1))
		synctest.Wait()
		if got := r.world.kinds()[before:]; len(got) > 0 {
			t.Errorf("%v left before the record was synced", got)
		}
		if metric(t, r.reg, "waiting_outputs", "") == 0 {
			t.Error("nothing waits")
		}
		close(release)
		synctest.Wait()
		got := r.world.kinds()[before:]
		if len(got) == 0 || got[0] != "ClearTimeout" || !slices.Contains(got, "Ring") {
			t.Errorf("commands after the sync: %v", got)
		}
		r.end(t)
	})
}

// Whatever Execute sees is in the log: the records found after a kill at that instant have the contact.
func TestKillAtAnyCommand(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		type moment struct {
			disk *memdisk.Disk
			seen []callcenter.Command
		}
		var found []moment
		r.world.at = func() {
			lost := d.Crash(false, func(string, int) int { return 0 }) // only what was synced
			r.world.mu.Lock()
			defer r.world.mu.Unlock()
			found = append(found, moment{lost, slices.Clone(r.world.commands)})
		}
		r.openDesk()
		for n := range 5 {
			r.tell(arrival(n))
			synctest.Wait()
		}
		r.tell(callcenter.ChannelEnded{Channel: "pbx1-2.1", Cause: 16})
		pass(20 * time.Second)
		synctest.Wait()
		r.end(t)
		if len(found) < 5 {
			t.Fatalf("%d moments", len(found))
		}
		for _, m := range found {
			again := newRig(t, logConfig(m.disk, "/log"), nil).start(t)
			s := again.view(t)
			for _, c := range m.seen {
				if _, ofAgent := c.(callcenter.CheckPhone); ofAgent {
					continue
				}
				known := slices.ContainsFunc(s.Contacts, func(x fact.SnapshotContact) bool { return x.ID == c.ContactID() })
				ended := slices.ContainsFunc(again.facts(t), func(f fact.Fact) bool {
					return f.Subject == c.ContactID() && f.Type == fact.TypeContactEnded
				})
				if !known && !ended {
					t.Errorf("command %T of %s left, but its contact is not in the log", c, c.ContactID())
				}
			}
			again.end(t)
		}
	})
}

// A restart at any point gives the same state as before it.
func TestRestartRestores(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), func(c *Config, _ *Options) { c.SnapshotRecords = 7 }).start(t)
		r.openDesk()
		for n := range 12 {
			r.tell(arrival(n))
			synctest.Wait()
			want := r.view(t)
			for _, c := range []*memdisk.Disk{d.Kill(), d.Crash(false, func(string, int) int { return 0 })} {
				again := newRig(t, logConfig(c, "/log"), nil).start(t)
				got := again.view(t)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("after %d calls the state restored is\n%+v\nwant\n%+v", n+1, got, want)
				}
				again.end(t)
			}
		}
		if metric(t, r.reg, "steps_total", "CallArrived") != 12 {
			t.Error("steps are not counted")
		}
		r.end(t)
	})
}

// An event whose time can't be right is counted, by direction and event, and told: at most once a minute.
func TestWrongTimesAreCounted(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		var told bytes.Buffer
		r := newRig(t, logConfig(d, "/log"), func(_ *Config, o *Options) { o.Log = slog.New(slog.NewTextHandler(&told, nil)) }).start(t)
		r.openDesk()
		r.Put(time.Now().Add(time.Second), arrival(1)) // as much as clocks kept by NTP differ
		r.Put(time.Now().Add(30*time.Second), arrival(2))
		r.Put(time.Now().Add(30*time.Second), arrival(3))
		r.Put(time.Now().Add(-30*time.Second), callcenter.ChannelEnded{Channel: "pbx1-2.1", Cause: 16})
		synctest.Wait()
		for direction, want := range map[string]float64{"ahead": 2, "behind": 1} {
			if got := metric(t, r.reg, "clamped_times_total", direction); got != want {
				t.Errorf("%s counted %v times, want %v", direction, got, want)
			}
		}
		if got := metric(t, r.reg, "clamped_times_total", "ChannelEnded"); got != 1 {
			t.Errorf("the end counted %v times", got)
		}
		r.end(t)
		if lines := strings.Count(told.String(), "an event's time can't be right"); lines != 1 {
			t.Errorf("told %d times:\n%s", lines, told.String())
		}
		if !strings.Contains(told.String(), "event=CallArrived direction=ahead by=30s") {
			t.Errorf("what and by how much is not told:\n%s", told.String())
		}
	})
}

// A core whose clock is not the machine's says so: facts have its time.
func TestClockAheadIsShown(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil)
		r.loop.clock = newClock(time.Now().Add(time.Hour)) // the machine's was set back before this start
		r.start(t)
		pass(2 * time.Second)
		synctest.Wait()
		if got := metric(t, r.reg, "clock_ahead_seconds", ""); got != 3600 {
			t.Errorf("the clock is ahead by %v seconds", got)
		}
		r.end(t)
	})
}

// The snapshot tells how the clocks stand, and how many events had their time moved since the start. Asterisk's clock is compared with the
// controller's, which is not its machine's here.
func TestSnapshotTellsTheClocks(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil)
		began := time.Now().Add(time.Hour)
		r.loop.clock = newClock(began) // the machine's was set back before this start
		r.start(t)
		r.openDesk()
		want := fact.SnapshotClocks{ControllerAheadMS: 3_600_000, Since: began.UTC()}
		if got := r.clocks(t); !reflect.DeepEqual(got, want) {
			t.Errorf("before any event of Asterisk: %+v, want %+v", got, want)
		}
		pass(time.Minute)
		stamped := time.Now().Add(-2 * time.Second)
		r.world.tells(stamped, time.Now())
		pass(time.Minute) // an event tells how the clocks stood when it was read
		r.Put(time.Now().Add(2*time.Hour), arrival(1))
		r.Put(time.Now().Add(2*time.Hour), arrival(2))
		r.Put(stamped, callcenter.ChannelEnded{Channel: "pbx1-2.1", Cause: 16})
		behind, at := int64(-3_602_000), began.Add(time.Minute).UTC()
		want = fact.SnapshotClocks{AsteriskAheadMS: &behind, AsteriskAt: &at, ControllerAheadMS: 3_600_000, MovedAhead: 2, MovedBehind: 1, Since: began.UTC()}
		if got := r.clocks(t); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, asterisk %d at %v, want %+v", got, *got.AsteriskAheadMS, got.AsteriskAt, want)
		}
		r.end(t)
	})
}

// The clock of the core never goes back, although the machine's did between two runs.
func TestClockNeverGoesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		future := time.Now().Add(time.Hour)
		c := newClock(future)
		if c.now().Before(future) {
			t.Error("the clock begins before the log's last instant")
		}
		before := c.now()
		pass(time.Minute)
		if got := c.now().Sub(before); got != time.Minute {
			t.Errorf("a minute took %s", got)
		}
		if past := newClock(time.Now().Add(-time.Hour)); !past.now().Equal(time.Now()) {
			t.Error("the clock is not now although the log is older")
		}
	})
}

func TestDeadlines(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.openDesk()
		r.tell(arrival(1))
		synctest.Wait()
		leg := ""
		for _, c := range r.world.commands {
			if l, ok := c.(callcenter.Ring); ok {
				leg = l.Channel
			}
		}
		r.tell(callcenter.LegRinging{Channel: leg})
		pass(13 * time.Second) // reading the facts takes the fourteenth
		synctest.Wait()
		ended := func() bool {
			return slices.ContainsFunc(r.facts(t), func(f fact.Fact) bool { return f.Type == fact.TypeOfferEnded })
		}
		if ended() {
			t.Error("the offer ended before its ring time")
		}
		pass(3 * time.Second)
		synctest.Wait()
		if !ended() {
			t.Error("the offer did not end at its ring time")
		}
		r.end(t)
	})
}

// The heart beats once a second while Asterisk is reconciled and the log can be written, and not otherwise.
func TestHeartbeat(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		during := func(length time.Duration) int {
			before := r.world.beaten()
			pass(length)
			synctest.Wait()
			return r.world.beaten() - before
		}
		if n := during(5 * time.Second); n != 0 {
			t.Errorf("%d beats before Asterisk was reconciled", n)
		}
		r.tell(callcenter.Reconciled{})
		synctest.Wait()
		if r.world.beaten() != 1 {
			t.Error("the first beat is not sent at once")
		}
		if n := during(10 * time.Second); n != 10 {
			t.Errorf("%d beats in 10 s", n)
		}
		r.tell(callcenter.LinkLost{Why: "test"})
		if n := during(5 * time.Second); n > 0 {
			t.Errorf("%d beats while the link is down", n)
		}
		r.tell(callcenter.Reconciled{})
		synctest.Wait()
		d.SetHook(func(op memdisk.Op, _ string) error {
			if op == memdisk.OpSync {
				return syscall.EIO
			}
			return nil
		})
		r.tell(arrival(1))
		synctest.Wait()
		if n := during(5 * time.Second); n > 0 {
			t.Errorf("%d beats while the log can't be written", n)
		}
		d.SetHook(nil)
		if n := during(10 * time.Second); n < 8 {
			t.Errorf("%d beats in the 10 s after the log could be written again", n)
		}
		r.end(t)
		if n := during(5 * time.Second); n > 0 {
			t.Errorf("%d beats after the end", n)
		}
	})
}

// A heartbeat that hangs holds nobody, and what is old when it gets through is not sent.
func TestHangingHeartbeat(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.world.hold = make(chan struct{})
		r.openDesk()
		pass(10 * time.Second)
		r.tell(arrival(1))
		synctest.Wait()
		if !slices.Contains(r.world.kinds(), "Ring") {
			t.Error("a hanging heartbeat holds the call")
		}
		if metric(t, r.reg, "beats_total", "failed") == 0 {
			t.Error("not counted")
		}
		close(r.world.hold)
		pass(3 * time.Second)
		synctest.Wait()
		r.world.mu.Lock()
		for _, at := range r.world.beats {
			if time.Since(at) > 4*time.Second {
				t.Errorf("a beat of %s ago was sent", time.Since(at))
			}
		}
		r.world.mu.Unlock()
		r.end(t)
	})
}

// A loop that hangs stops its heart: no goroutine beside it keeps it beating.
func TestHangingLoopIsSilent(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.openDesk()
		synctest.Wait()
		release := make(chan struct{})
		r.inbox.put(item{look: func(*loop) { <-release }})
		synctest.Wait()
		before := r.world.beaten()
		pass(10 * time.Second)
		if n := r.world.beaten() - before; n > 0 {
			t.Errorf("%d beats of a loop that hangs", n)
		}
		close(release)
		r.end(t)
	})
}

// A full disk: calls go on, and what was not durable is when there is room again.
func TestCallsGoOnWithoutADisk(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.openDesk()
		r.tell(arrival(1))
		synctest.Wait()
		d.SetCapacity(d.Used() + 10)
		before := len(r.world.kinds())
		r.tell(arrival(2), callcenter.ChannelEnded{Channel: "pbx1-1.1", Cause: 16})
		synctest.Wait()
		if got := r.world.kinds()[before:]; !slices.Contains(got, "ClearTimeout") {
			t.Errorf("commands on a full disk: %v", got)
		}
		if s := r.view(t); s.Durable {
			t.Error("the snapshot says durable")
		}
		pass(5 * time.Second)
		d.SetCapacity(0)
		pass(5 * time.Second)
		synctest.Wait()
		want := r.view(t)
		if !want.Durable {
			t.Fatal("not durable although there is room")
		}
		if !slices.ContainsFunc(r.facts(t), func(f fact.Fact) bool { return f.Type == fact.TypeLogGap }) {
			t.Error("no fact marks the gap")
		}
		again := newRig(t, logConfig(d.Crash(false, func(string, int) int { return 0 }), "/log"), nil).start(t)
		if got := again.view(t); !reflect.DeepEqual(got, want) {
			t.Errorf("after a crash the state is\n%+v\nwant\n%+v", got, want)
		}
		again.end(t)
		r.end(t)
	})
}

// The end: no event that came before it is lost, its commands leave, and the next start has little to read.
func TestDrain(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.openDesk()
		synctest.Wait()
		for n := range 200 {
			r.tell(arrival(n))
		}
		r.end(t)
		if n := len(slices.DeleteFunc(r.world.kinds(), func(k string) bool { return k != "ClearTimeout" })); n != 200 {
			t.Errorf("%d of 200 calls were taken in", n)
		}
		again := newRig(t, logConfig(d.Kill(), "/log"), nil).start(t)
		if n := len(again.view(t).Contacts); n != 200 {
			t.Errorf("%d of 200 calls are known after the restart", n)
		}
		again.end(t)
	})
}

// A disk that hangs at the end doesn't hold the end for ever.
func TestDrainIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil).start(t)
		r.openDesk()
		synctest.Wait()
		release := make(chan struct{})
		d.SetHook(func(memdisk.Op, string) error { <-release; return nil })
		r.tell(arrival(1))
		began := time.Now()
		time.AfterFunc(7*time.Second, func() { close(release) }) // the journal itself waits for its disk
		r.end(t)
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("the end took %s", took)
		}
	})
}

// Tasks get look-ups and pops, Asterisk the rest.
func TestTasksAreNotAsterisks(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), func(_ *Config, o *Options) { o.Plan.Lookup.ByNumber = true }).start(t)
		r.openDesk()
		r.tell(arrival(1))
		synctest.Wait()
		for _, c := range r.world.tasks {
			switch c.(type) {
			case callcenter.Lookup, callcenter.Pop:
			default:
				t.Errorf("%T was given to the tasks", c)
			}
		}
		if len(r.world.tasks) == 0 || slices.Contains(r.world.kinds(), "Lookup") || slices.Contains(r.world.kinds(), "Pop") {
			t.Errorf("tasks %v, asterisk %v", r.world.tasks, r.world.kinds())
		}
		r.end(t)
	})
}

// A stamp that has waited too long is not sent: since then the loop may hang.
func TestStaleStampIsNotSent(t *testing.T) {
	inBubble(t, func(t *testing.T, d *memdisk.Disk) {
		r := newRig(t, logConfig(d, "/log"), nil)
		r.loop.heart.stamp(time.Now())
		pass(beatFresh + time.Millisecond)
		r.start(t)
		synctest.Wait()
		if r.world.beaten() != 0 || metric(t, r.reg, "beats_total", "stale") != 1 {
			t.Errorf("%d beats", r.world.beaten())
		}
		r.end(t)
	})
}
