package trouble

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// An outage of an hour with a try every five seconds is a line a minute; a new reason is told at once.
func TestSparse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := New(0)
		lines, tries := 0, 0
		for i := range 720 {
			if told := x.Failed(fmt.Errorf("read from port %d: refused", 30000+i)); told != nil {
				lines++
				if len(told) > 2 {
					tries += told[5].(int)
				}
			}
			<-time.After(5 * time.Second)
		}
		if lines != 60 || tries != 708 { // 708 of 720: the last eleven are not told yet, the first has no count
			t.Errorf("%d lines about %d tries", lines, tries)
		}
		if x.Failed(errors.New("no such host")) == nil {
			t.Error("another reason is not told")
		}
		if since, err := x.Now(); err == nil || time.Since(since) != time.Hour {
			t.Errorf("now %v since %v", err, since)
		}
		if told := x.Over(); told == nil || told[3] != 721 {
			t.Errorf("over %v", told)
		}
		if told := x.Over(); told != nil {
			t.Errorf("over twice: %v", told)
		}
		if x.Failed(errors.New("refused")) == nil {
			t.Error("the next trouble is not told at once")
		}
	})
}

// What is over before the patience ends is never told, neither its beginning nor its end.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := New(5 * time.Second)
		if x.Failed(errors.New("refused")) != nil || x.Over() != nil {
			t.Error("told too early")
		}
		x.Failed(errors.New("refused"))
		<-time.After(5 * time.Second)
		if told := x.Failed(errors.New("refused")); told == nil || told[5] != 2 {
			t.Errorf("after the patience: %v", told)
		}
	})
}

// Ever new reasons are no way around the limit.
func TestManyReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := New(0)
		lines := 0
		for i := range 100 {
			if x.Failed(errors.New("reason "+string(rune('A'+i)))) != nil {
				lines++
			}
		}
		if lines != mostKind {
			t.Errorf("%d lines at once", lines)
		}
	})
}
