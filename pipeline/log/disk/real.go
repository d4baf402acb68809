package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Real is the operating system's filesystem. Files are readable by their owner only: the log holds personal data.
type Real struct{}

var _ FS = Real{}

// MkdirAll implements FS.
func (Real) MkdirAll(dir string) error { return os.MkdirAll(dir, 0o700) }

// Create implements FS.
func (Real) Create(name string) (File, error) {
	return wrap(os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600))
}

// Open implements FS.
func (Real) Open(name string) (File, error) { return wrap(os.OpenFile(name, os.O_RDWR, 0)) }

// Rename implements FS.
func (Real) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements FS.
func (Real) Remove(name string) error { return os.Remove(name) }

// Names implements FS.
func (Real) Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// SyncDir implements FS.
func (Real) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Reserve implements FS.
func (Real) Reserve(name string, size int64) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(allocate(f, size), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// allocate asks for the blocks, and writes them where the filesystem can't be asked.
func allocate(f *os.File, size int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
	if !errors.Is(err, syscall.EOPNOTSUPP) && !errors.Is(err, syscall.ENOSYS) {
		return err
	}
	_, err = io.CopyN(f, zeros{}, size)
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Lock implements FS with flock: the kernel gives it back when the process ends, however it ends.
func (Real) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%s: %w", name, ErrLocked)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

type realFile struct{ *os.File }

func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return realFile{f}, nil
}

// Sync implements File. What fdatasync leaves out of the file's description nobody reads.
func (f realFile) Sync() error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// Extend implements File. The zeros are written: blocks that are only allocated would have to be recorded as used at the
// first Sync behind each write.
func (f realFile) Extend(size int64) error {
	from, err := f.Size()
	if err != nil || from >= size {
		return err
	}
	if _, err := f.WriteAt(make([]byte, size-from), from); err != nil {
		return errors.Join(err, f.Truncate(from))
	}
	return f.Sync()
}

func (f realFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
