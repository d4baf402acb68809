// Package disk is the small part of a filesystem that pipeline/log stands on, so that tests can fill the disk, fail a
// sync, or cut the power at any byte. Real is what the product uses, memdisk what the tests use.
package disk

import (
	"errors"
	"io"
)

// ErrLocked is wrapped by Lock's error when another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// FS is a filesystem. Names are paths; errors are those of the operating system (fs.ErrNotExist, syscall.ENOSPC, …).
type FS interface {
	// MkdirAll makes a folder and its parents.
	MkdirAll(dir string) error
	// Create makes a file for reading and appending; it fails when the name exists.
	Create(name string) (File, error)
	// Open opens an existing file for reading and truncating.
	Open(name string) (File, error)
	// Rename replaces to by from, atomically.
	Rename(from, to string) error
	// Remove deletes a file.
	Remove(name string) error
	// Names returns the names in a folder, sorted, without the folder.
	Names(dir string) ([]string, error)
	// SyncDir makes creations, renames and removals in the folder durable.
	SyncDir(dir string) error
	// Reserve makes a file of that many bytes whose blocks are really allocated.
	Reserve(name string, size int64) error
	// Lock takes an exclusive lock on a file, which it creates; the error wraps ErrLocked when it is taken.
	Lock(name string) (io.Closer, error)
}

// File is an open file. Writes go behind the last one, from the beginning of a file that was created.
type File interface {
	io.ReaderAt
	io.Writer
	io.Closer
	// Sync makes the file's content durable. After an error nothing is known about what was written since the last one.
	Sync() error
	// Extend makes the file that long, with zeros behind what it holds, durably. Writes still go behind the last one: into
	// the zeros. Their Sync is cheaper, as it has no new size and no new blocks to record.
	Extend(size int64) error
	Truncate(size int64) error
	Size() (int64, error)
}
