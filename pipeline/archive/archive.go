// Package archive is where recordings lie: by the day until which they are kept.
//
// telephony/recordings puts them there and has those removed whose time is over, analytics/api reads them, perhaps in a
// process of another user. An archive is a folder; a recording is <root>/<last day, UTC>/<contact>_r<n>.wav, so what is to be
// deleted is found by the name of its folder, even if all else is lost. Beside the days lie files in the making, which begin
// with ".part-". It looks at no file's content, keeps nothing in memory, logs nothing and starts no goroutine.
package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Modes of what is kept: the reports' process may be another user's of the same group. Nobody else hears what was said.
const (
	folderMode = 0o750
	fileMode   = 0o640
)

// Dir is the archive's root folder. Its methods may be called from any goroutine, and from several processes.
type Dir string

// ErrID is wrapped by the error about an id that no recording can have.
var ErrID = errors.New("is no id of a recording")

// form is that of an id. Ids also come from URLs: neither part can be more than one name in a folder, nor a hidden one.
var form = regexp.MustCompile(`^([A-Za-z0-9_-][A-Za-z0-9._-]{0,199})/(r[0-9]{1,9})$`)

// Name is the name of a recording's file, "pbx1-1763838123.4_r1.wav" of the id "pbx1-1763838123.4/r1".
func Name(id string) (string, error) {
	parts := form.FindStringSubmatch(id)
	if parts == nil {
		return "", fmt.Errorf("%q %w: it is a contact of letters, digits and .-_, a slash, r and a number", id, ErrID)
	}
	return parts[1] + "_" + parts[2] + ".wav", nil
}

// Open opens a recording that is kept until the end of that day, UTC; the error wraps fs.ErrNotExist when there is none.
func (d Dir) Open(id string, keepUntil time.Time) (*os.File, error) {
	name, err := Name(id)
	if err != nil {
		return nil, err
	}
	return os.Open(filepath.Join(d.day(keepUntil), name)) //nolint:gosec // Name lets no path through
}

// Remove removes a recording that is kept until that day, and makes that durable; false when it was not there. The error wraps
// fs.ErrNotExist when there is no archive at all.
func (d Dir) Remove(id string, keepUntil time.Time) (bool, error) {
	name, err := Name(id)
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(string(d)); err != nil {
		return false, fmt.Errorf("archive of recordings: %w", err)
	}
	day := d.day(keepUntil)
	err = os.Remove(filepath.Join(day, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = syncFolder(day)
	}
	if err != nil {
		return false, fmt.Errorf("remove recording %s: %w", id, err)
	}
	return true, nil
}

// Sync makes it durable that the recordings of that day are there. Keep does it, too; whoever finds a recording that another
// process may have died over calls it before telling of it.
func (d Dir) Sync(keepUntil time.Time) error {
	return errors.Join(syncFolder(d.day(keepUntil)), syncFolder(string(d)))
}

func (d Dir) day(keepUntil time.Time) string {
	return filepath.Join(string(d), keepUntil.UTC().Format(time.DateOnly))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the operator's own folders
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
