package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestRemoveDayGone: another process has removed the folder since it was listed.
func TestRemoveDayGone(t *testing.T) {
	removed := 0
	if err := removeDay(filepath.Join(t.TempDir(), "2026-03-01"), &removed); err != nil || removed != 0 {
		t.Errorf("removed %d, %v", removed, err)
	}
}

// TestExpireTogether: several at once are no trouble to each other, and each recording is counted by one of them.
func TestExpireTogether(t *testing.T) {
	const days, each = 40, 20
	root := t.TempDir()
	now := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	for day := range days {
		dir := Dir(root).day(now.AddDate(0, 0, -1-day))
		if err := os.Mkdir(dir, folderMode); err != nil {
			t.Fatal(err)
		}
		for n := range each {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("a_r%d.wav", n)), nil, fileMode); err != nil {
				t.Fatal(err)
			}
		}
	}
	var running sync.WaitGroup
	var removed atomic.Int64
	for range 4 {
		running.Go(func() {
			n, err := Dir(root).Expire(now)
			if err != nil {
				t.Error(err)
			}
			removed.Add(int64(n))
		})
	}
	running.Wait()
	if n := removed.Load(); n != days*each {
		t.Errorf("%d of %d are counted", n, days*each)
	}
	if left, err := os.ReadDir(root); len(left) > 0 || err != nil {
		t.Errorf("left are %v, %v", left, err)
	}
}
