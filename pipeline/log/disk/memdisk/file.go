package memdisk

import (
	"io"
	"io/fs"
	"slices"
	"syscall"
)

type file struct {
	disk  *Disk
	inode *inode
	name  string
	at    int // where the next write goes
}

// Write goes behind the last one; on a full disk it writes what fits, as the operating system does.
func (f *file) Write(p []byte) (int, error) {
	if err := f.disk.before(OpWrite, f.name); err != nil {
		return 0, err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	fits := len(p)
	if more := f.at + len(p) - len(f.inode.data); more > 0 && f.disk.full(int64(more)) {
		fits -= more - int(max(0, f.disk.capacity-f.disk.used()))
	}
	into := copy(f.inode.data[f.at:], p[:fits])
	f.inode.data = append(f.inode.data, p[into:fits]...)
	f.at += fits
	if fits < len(p) {
		return fits, &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
	}
	return fits, nil
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if off >= int64(len(f.inode.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.inode.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) Sync() error {
	if err := f.disk.before(OpSync, f.name); err != nil {
		return err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.inode.synced = slices.Clone(f.inode.data)
	return nil
}

func (f *file) Extend(size int64) error {
	if err := f.disk.before(OpExtend, f.name); err != nil {
		return err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	more := size - int64(len(f.inode.data))
	switch {
	case more <= 0:
		return nil
	case f.disk.full(more):
		return &fs.PathError{Op: "extend", Path: f.name, Err: syscall.ENOSPC}
	}
	f.inode.data = append(f.inode.data, make([]byte, more)...)
	f.inode.synced = slices.Clone(f.inode.data)
	return nil
}

func (f *file) Truncate(size int64) error {
	if err := f.disk.before(OpTruncate, f.name); err != nil {
		return err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.inode.data = f.inode.data[:size]
	f.inode.synced = f.inode.synced[:min(len(f.inode.synced), int(size))]
	return nil
}

func (f *file) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.inode.data)), nil
}

func (f *file) Close() error { return nil }
