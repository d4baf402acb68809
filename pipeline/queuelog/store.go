package queuelog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// format of the state's file. A program that finds another one stops.
const format = 1

const (
	stateName = "state.json"
	lockName  = "lock"
)

// saved is how far everything has come. It is written before its lines are: after a crash the file tells how many of them
// are there, and the rest is written. So no line is lost or repeated, and none ever has to be taken back.
type saved struct {
	Format int    `json:"format"`
	Source string `json:"source"` // whose facts
	Stream string `json:"stream"` // epoch of the log that is read
	After  uint64 `json:"after"`  // position in it up to which everything is read
	Epoch  string `json:"epoch"`  // of the last fact applied: another one than Stream when the log was cut since
	Seen   uint64 `json:"seen"`   // its position
	At     place  `json:"at"`     // where Lines begin
	Lines  string `json:"lines,omitempty"`
	State  State  `json:"state"` // with Lines written
}

// store is the folder of the state. One process at a time has it.
type store struct {
	dir  string
	lock *os.File
}

var errLocked = errors.New("another process writes this queue_log")

// openStore makes the folder when it is missing, and takes it.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("state of queue_log: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state of queue_log: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("state of queue_log in %s: %w", dir, errLocked), lock.Close())
	}
	return &store{dir: dir, lock: lock}, nil
}

func (s *store) close() error { return s.lock.Close() }

func (s *store) path() string { return filepath.Join(s.dir, stateName) }

// load reads the state; nil = there is none yet.
func (s *store) load() (*saved, error) {
	text, err := os.ReadFile(s.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the state of queue_log: %w", err)
	}
	var st saved
	if err := json.Unmarshal(text, &st); err != nil {
		return nil, fmt.Errorf("read the state of queue_log: %s is damaged; delete it to go on with what happens from now on: %w", s.path(), err)
	}
	if st.Format != format {
		return nil, fmt.Errorf("the state of queue_log in %s has format %d, this program knows %d: use the version that wrote it", s.path(), st.Format, format)
	}
	return &st, nil
}

// save replaces the state. After a crash or a power cut either the old or the new one is there, whole.
func (s *store) save(st saved) error {
	st.Format = format
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("write the state of queue_log: %w", err)
	}
	next := s.path() + ".new" // one that a crash left behind is written over
	if err := writeSynced(next, text); err != nil {
		return fmt.Errorf("write the state of queue_log: %w", err)
	}
	if err := os.Rename(next, s.path()); err != nil {
		return fmt.Errorf("write the state of queue_log: %w", err)
	}
	if err := syncFolder(s.dir); err != nil {
		return fmt.Errorf("write the state of queue_log: %w", err)
	}
	return nil
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own data folder
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the operator's own folders
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
