package prompts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Done is what a build did about a file.
type Done string

// What may be done.
const (
	DoneBuilt   Done = "built"   // spoken anew
	DoneCopied  Done = "copied"  // from a recording
	DoneKept    Done = "kept"    // it was so already
	DoneRemoved Done = "removed" // it was ours and is no longer in the plan
	DoneFailed  Done = "failed"
)

// Report is what a build did about one file.
type Report struct {
	Sound
	Done   Done
	Length time.Duration // of what is there now
	Err    error         // why it failed
}

// ErrBusy is wrapped when another build is at work in the folder.
var ErrBusy = errors.New("another build is at work there")

// newFile is how files under way begin; what an interrupted build left is removed by the next one.
const newFile = ".firstline-"

// Build makes what is missing or stale, or with again everything, and removes what is left over. Each file is told as it is
// done, also when it failed; the next ones are made all the same, and a file that can't be made anew stays as it was. failed
// is their number. The error is for the whole folder, or the context's.
func (m *Maker) Build(ctx context.Context, again bool, told func(Report)) (failed int, err error) {
	if len(m.sounds) > 0 {
		if err := openFolder(m.folder); err != nil {
			return 0, fmt.Errorf("make the folder of prompts: %w", err)
		}
	}
	unlock, err := lock(m.folder)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil // there was never a prompt
	}
	if err != nil {
		return 0, err
	}
	defer unlock()
	if err := m.sweep(); err != nil {
		return 0, err
	}
	list, err := m.Statuses()
	if err != nil {
		return 0, err
	}
	for _, st := range list {
		r := m.do(ctx, st, again)
		if ctx.Err() != nil {
			return failed, ctx.Err()
		}
		if r.Err != nil {
			failed++
		}
		told(r)
	}
	return failed, nil
}

// do does what one file needs.
func (m *Maker) do(ctx context.Context, st Status, again bool) Report {
	r := Report{Sound: st.Sound, Length: st.Length}
	path := filepath.Join(m.folder, st.Name())
	switch {
	case st.State == Foreign:
		r.Err = cmp.Or(st.Err, fmt.Errorf("%w; move it away, or name it as the prompt's file", errForeign))
	case st.State == Leftover:
		r.Done, r.Err = DoneRemoved, os.Remove(path)
	case st.Err != nil:
		r.Err = st.Err
	case st.State == Built && !again:
		r.Done = DoneKept
	default:
		r.Done = DoneBuilt
		if st.File != "" {
			r.Done = DoneCopied
		}
		r.Length, r.Err = m.make(ctx, st.Sound, path)
	}
	if r.Err != nil {
		r.Done = DoneFailed
	}
	return r
}

// make speaks or reads a sound and puts the file into its place.
func (m *Maker) make(ctx context.Context, s Sound, path string) (time.Duration, error) {
	source, err := m.source(s)
	if err != nil {
		return 0, err
	}
	var data []byte
	if s.File != "" {
		data, err = readSound(s.File)
	} else {
		data, err = m.speech[s.Language].speak(ctx, s.Text)
	}
	if err != nil {
		return 0, err
	}
	w, err := parseWave(data)
	switch {
	case err != nil:
	case len(w.samples) == 0:
		err = errors.New("it has no sound")
	case w.silent():
		err = errors.New("it is silence")
	}
	if err != nil {
		return 0, fmt.Errorf("what was %s can't be played: %w", map[bool]string{true: "recorded", false: "spoken"}[s.File != ""], err)
	}
	w = w.resample()
	return w.length(), put(path, w.marked(source).encode())
}

// put writes a file that is there as a whole or not at all, and that Asterisk may read.
func put(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := openFolder(dir); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, newFile)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it is gone when all went well
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// sweep removes what an interrupted build left. The folder is locked: none is at work.
func (m *Maker) sweep() error {
	left, err := filepath.Glob(filepath.Join(escape(m.folder), "*", newFile+"*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove what an interrupted build left: %w", err)
		}
	}
	return nil
}

// lock keeps other builds out of the folder.
func lock(folder string) (unlock func(), err error) {
	dir, err := os.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder of prompts: %w", err)
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = dir.Close()
		return nil, fmt.Errorf("%s: %w", folder, ErrBusy)
	}
	return func() { _ = dir.Close() }, nil
}
