// Package memdisk is a filesystem in memory for tests: it can be full, fail or hang in any operation, and lose in a power
// cut what was not synced. Production code never imports it.
package memdisk

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"firstline/pipeline/log/disk"
)

// Op names an operation for Hook.
type Op string

// The operations that change something.
const (
	OpCreate   Op = "create"
	OpWrite    Op = "write"
	OpSync     Op = "sync"
	OpExtend   Op = "extend"
	OpTruncate Op = "truncate"
	OpRename   Op = "rename"
	OpRemove   Op = "remove"
	OpSyncDir  Op = "syncdir"
	OpReserve  Op = "reserve"
)

// Disk is one filesystem. Set Hook and Capacity before use or through their methods.
type Disk struct {
	mu       sync.Mutex
	now      map[string]*inode // names as a running process sees them
	durable  map[string]*inode // names after a power cut
	locked   map[string]bool
	capacity int64 // bytes, 0 = no limit
	hook     func(op Op, name string) error
}

type inode struct {
	data   []byte
	synced []byte
}

var _ disk.FS = (*Disk)(nil)

// New returns an empty disk without limit.
func New() *Disk {
	return &Disk{now: map[string]*inode{}, durable: map[string]*inode{}, locked: map[string]bool{}}
}

// SetCapacity makes the disk full at that many bytes; 0 = no limit.
func (d *Disk) SetCapacity(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.capacity = bytes
}

// Used is how many bytes all files take.
func (d *Disk) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used()
}

// SetHook has hook called before each operation that changes something, without a lock held. Its error is the
// operation's; a write that fails has written nothing. It may block, or copy the disk by Crash or Kill.
func (d *Disk) SetHook(hook func(op Op, name string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = hook
}

// Kill returns a copy of the disk as a process finds it that starts after the first one was killed: everything
// written is there, locks are gone.
func (d *Disk) Kill() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := New()
	for name, i := range d.now {
		c.now[name] = &inode{data: slices.Clone(i.data), synced: slices.Clone(i.synced)}
	}
	for name, i := range d.durable {
		if found, ok := c.now[name]; ok && d.now[name] == i {
			c.durable[name] = found
		} else {
			c.durable[name] = &inode{data: slices.Clone(i.data), synced: slices.Clone(i.synced)}
		}
	}
	return c
}

// Crash returns a copy of the disk as it is after a power cut. Of each file, what was synced is there, and keep decides
// how many of the n bytes written since; names that were not synced are there when names is true.
func (d *Disk) Crash(names bool, keep func(name string, n int) int) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := New()
	from := d.durable
	if names {
		from = d.now
	}
	for name, i := range from {
		data := i.after(func(n int) int { return keep(name, n) })
		survivor := &inode{data: data, synced: slices.Clone(data)}
		c.now[name], c.durable[name] = survivor, survivor
	}
	return c
}

// after is the content after a power cut, which kept some of the bytes written since the last sync.
func (i *inode) after(keep func(n int) int) []byte {
	same := 0
	for same < min(len(i.data), len(i.synced)) && i.data[same] == i.synced[same] {
		same++
	}
	data := slices.Clone(i.synced)
	if same == len(i.data) {
		return data
	}
	end := len(i.data)
	for len(i.data) == len(i.synced) && i.data[end-1] == i.synced[end-1] {
		end--
	}
	kept := i.data[same : same+keep(end-same)]
	into := copy(data[same:], kept)
	return append(data, kept[into:]...)
}

// ReadFile returns a copy of a file's content, nil when it doesn't exist.
func (d *Disk) ReadFile(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i, ok := d.now[name]; ok {
		return slices.Clone(i.data)
	}
	return nil
}

// WriteFile replaces a file's content, for tests that spoil it.
func (d *Disk) WriteFile(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := &inode{data: slices.Clone(data), synced: slices.Clone(data)}
	d.now[name], d.durable[name] = i, i
}

// MkdirAll implements disk.FS: folders are only prefixes here.
func (d *Disk) MkdirAll(string) error { return nil }

// Create implements disk.FS.
func (d *Disk) Create(name string) (disk.File, error) {
	if err := d.before(OpCreate, name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.now[name]; ok {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	if d.full(1) {
		return nil, &fs.PathError{Op: "create", Path: name, Err: syscall.ENOSPC}
	}
	d.now[name] = &inode{}
	return &file{disk: d, inode: d.now[name], name: name}, nil
}

// Open implements disk.FS.
func (d *Disk) Open(name string) (disk.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i, ok := d.now[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{disk: d, inode: i, name: name}, nil
}

// Rename implements disk.FS.
func (d *Disk) Rename(from, to string) error {
	if err := d.before(OpRename, to); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i, ok := d.now[from]
	if !ok {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	delete(d.now, from)
	d.now[to] = i
	return nil
}

// Remove implements disk.FS.
func (d *Disk) Remove(name string) error {
	if err := d.before(OpRemove, name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.now[name]; !ok {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(d.now, name)
	return nil
}

// Names implements disk.FS.
func (d *Disk) Names(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for name := range d.now {
		if filepath.Dir(name) == filepath.Clean(dir) {
			names = append(names, filepath.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// SyncDir implements disk.FS.
func (d *Disk) SyncDir(dir string) error {
	if err := d.before(OpSyncDir, dir); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.durable {
		if filepath.Dir(name) == filepath.Clean(dir) && d.now[name] == nil {
			delete(d.durable, name)
		}
	}
	for name, i := range d.now {
		if filepath.Dir(name) == filepath.Clean(dir) {
			d.durable[name] = i
		}
	}
	return nil
}

// Reserve implements disk.FS.
func (d *Disk) Reserve(name string, size int64) error {
	if err := d.before(OpReserve, name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full(size) {
		return &fs.PathError{Op: "reserve", Path: name, Err: syscall.ENOSPC}
	}
	i := &inode{data: make([]byte, size), synced: make([]byte, size)}
	d.now[name] = i
	return nil
}

// Lock implements disk.FS.
func (d *Disk) Lock(name string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked[name] {
		return nil, fmt.Errorf("%s: %w", name, disk.ErrLocked)
	}
	d.locked[name] = true
	return unlock{d, name}, nil
}

type unlock struct {
	disk *Disk
	name string
}

func (u unlock) Close() error {
	u.disk.mu.Lock()
	defer u.disk.mu.Unlock()
	delete(u.disk.locked, u.name)
	return nil
}

func (d *Disk) before(op Op, name string) error {
	d.mu.Lock()
	hook := d.hook
	d.mu.Unlock()
	if hook == nil {
		return nil
	}
	if err := hook(op, name); err != nil {
		return &fs.PathError{Op: string(op), Path: name, Err: err}
	}
	return nil
}

func (d *Disk) used() int64 {
	var sum int64
	for _, i := range d.now {
		sum += int64(len(i.data))
	}
	return sum
}

func (d *Disk) full(more int64) bool { return d.capacity > 0 && d.used()+more > d.capacity }
