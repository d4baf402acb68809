package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// partPrefix begins the names of files in the making: no recording's name begins with a dot.
const partPrefix = ".part-"

// Part is a file in the making, or one that is only passed through. Nobody but its owner may read it. Keep or Discard ends it.
type Part struct {
	*os.File
	dir Dir
}

// Part makes an empty file in the archive's folder, which it makes when it is missing.
func (d Dir) Part() (*Part, error) {
	if err := os.MkdirAll(string(d), folderMode); err != nil {
		return nil, fmt.Errorf("archive of recordings: %w", err)
	}
	file, err := os.CreateTemp(string(d), partPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("archive of recordings: %w", err)
	}
	return &Part{File: file, dir: d}, nil
}

// Keep makes what was written durable and gives it its place. After a crash or a power cut either what was there before or
// the new file is there, whole. After an error it is still to be discarded.
func (p *Part) Keep(id string, keepUntil time.Time) error {
	name, err := Name(id)
	if err != nil {
		return err
	}
	if err := errors.Join(p.Chmod(fileMode), p.Sync(), p.Close()); err != nil {
		return fmt.Errorf("keep recording %s: %w", id, err)
	}
	day := p.dir.day(keepUntil)
	if err := os.MkdirAll(day, folderMode); err != nil {
		return fmt.Errorf("keep recording %s: %w", id, err)
	}
	if err := os.Rename(p.Name(), filepath.Join(day, name)); err != nil {
		return fmt.Errorf("keep recording %s: %w", id, err)
	}
	p.File = nil
	if err := p.dir.Sync(keepUntil); err != nil {
		return fmt.Errorf("keep recording %s: %w", id, err)
	}
	return nil
}

// Discard removes the file unless it was kept, so that it may be deferred. What can't be removed is left to Expire.
func (p *Part) Discard() {
	if p.File == nil {
		return
	}
	_ = p.Close() // it may be closed already
	_ = os.Remove(p.Name())
	p.File = nil
}
