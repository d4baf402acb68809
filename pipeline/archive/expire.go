package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// partAge is after what time a file in the making belongs to nobody any more: its process has died. It holds what was said in pauses.
const partAge = time.Hour

// Expire removes the recordings of all days before today, UTC, and files in the making that were given up. It returns how many
// recordings it removed. The error names each thing that can't be removed; the rest is removed. What is neither is left alone.
func (d Dir) Expire(now time.Time) (removed int, err error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // nothing was recorded yet
	}
	today := now.UTC().Format(time.DateOnly)
	for _, e := range entries {
		path := filepath.Join(string(d), e.Name())
		var failed error
		switch {
		case isDay(e) && e.Name() < today:
			failed = removeDay(path, &removed)
		case strings.HasPrefix(e.Name(), partPrefix):
			failed = removePart(path, e, now)
		}
		err = errors.Join(err, failed)
	}
	if err != nil {
		return removed, fmt.Errorf("remove recordings whose time is over: %w", err)
	}
	return removed, nil
}

// isDay is false for a link to a folder: what lies elsewhere is not the archive's.
func isDay(e fs.DirEntry) bool {
	_, err := time.Parse(time.DateOnly, e.Name())
	return err == nil && e.IsDir()
}

// removeDay removes a folder and the files in it, and counts them. A folder in it, which the archive never makes, is an error;
// what is gone already was removed by another process.
func removeDay(path string, removed *int) error {
	entries, err := os.ReadDir(path)
	err = unlessGone(err)
	for _, e := range entries {
		failed := os.Remove(filepath.Join(path, e.Name()))
		if failed == nil {
			*removed++
		}
		err = errors.Join(err, unlessGone(failed))
	}
	if err != nil {
		return err
	}
	return unlessGone(os.Remove(path))
}

// unlessGone is nil for the error about something that is not there.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func removePart(path string, e fs.DirEntry, now time.Time) error {
	info, err := e.Info()
	if err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > partAge {
		err = os.Remove(path)
	}
	return unlessGone(err) // its owner was done with it meanwhile
}
