package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrRunning is wrapped when another process runs the same instance.
var ErrRunning = errors.New("this asterisk node runs already")

// lock takes the instance folder for this process. unlock removes the lock file while it is still held, so whoever opened
// it meanwhile holds a lock on a file that is no longer there: hence the comparison and the second try.
func lock(folder string) (unlock func(), err error) {
	if err := OpenToAll(filepath.Dir(folder)); err != nil {
		return nil, err
	}
	path := folder + ".lock"
	for {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock the asterisk node's folder: %w", err)
		}
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("%w: %s", ErrRunning, folder)
		}
		if same(file, path) {
			return func() {
				_ = os.Remove(path) // what is left is only an empty file
				_ = file.Close()
			}, nil
		}
		_ = file.Close()
	}
}

// OpenToAll makes a folder and what is missing above it. Asterisk's own user must be able to enter them, whatever umask we
// run under.
func OpenToAll(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := OpenToAll(filepath.Dir(folder)); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make a folder for asterisk: %w", err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		return fmt.Errorf("open a folder to asterisk: %w", err)
	}
	return nil
}

// ErrNoEntry is wrapped when Asterisk's user can't enter a folder on the way to its configuration or its sounds. Asterisk
// itself would say nothing, and start with whatever configuration it was built with.
var ErrNoEntry = errors.New("asterisk's user can't enter a folder")

// Enterable checks each folder from root down to the one that folder is in, all as seen from outside.
func Enterable(root, folder string) error {
	for dir := filepath.Dir(folder); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("look at asterisk's way to %s: %w", folder, err)
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%w: %s has mode %04o; chmod o+x %[2]s", ErrNoEntry, dir, info.Mode().Perm())
		}
		if dir == filepath.Clean(root) || dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func same(file *os.File, path string) bool {
	held, err1 := file.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(held, there)
}

// prepare writes the instance folder: configuration, and a data folder in which the languages en and ru and the music
// are found under their short names whatever the distribution calls them.
func prepare(c Config, owner *account) error {
	folder := outside(c.Root, c.Dir)
	if err := wipe(folder, c.KeepLogs); err != nil {
		return err
	}
	for _, sub := range []string{"etc", "run", "spool/recording", "log", "db", "data/sounds"} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o750); err != nil {
			return fmt.Errorf("make the asterisk node's folder: %w", err)
		}
	}
	files, err := Render(c)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, "etc", name), content, 0o640); err != nil {
			return fmt.Errorf("write asterisk's configuration: %w", err)
		}
	}
	if err := linkData(c.Root, folder); err != nil {
		return err
	}
	if err := give(folder, owner); err != nil {
		return err
	}
	if owner != nil {
		if err := Enterable(c.Root, folder); err != nil {
			return err
		}
	}
	return nameHost(c.Root)
}

// linkData fills the instance's data folder with links to the installed one.
func linkData(root, folder string) error {
	const installed = "/usr/share/asterisk"
	entries, err := os.ReadDir(outside(root, installed))
	if err != nil {
		return fmt.Errorf("read asterisk's data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == "sounds" {
			continue
		}
		if err := link(filepath.Join(installed, e.Name()), filepath.Join(folder, "data", e.Name())); err != nil {
			return err
		}
	}
	sounds, err := Languages(root)
	if err != nil {
		return err
	}
	for language, dir := range sounds {
		if err := link(filepath.Join(installed, "sounds", dir), filepath.Join(folder, "data/sounds", language)); err != nil {
			return err
		}
	}
	return nil
}

// Languages finds the installed sound packages: language code → folder under /usr/share/asterisk/sounds. A folder named
// ru_RU_f_IvrvoiceRU serves "ru" as well as "ru_RU_f_IvrvoiceRU"; one named plainly "ru" goes before it.
func Languages(root string) (map[string]string, error) {
	dir := outside(root, "/usr/share/asterisk/sounds")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read asterisk's sounds: %w", err)
	}
	found := make(map[string]string)
	for _, e := range entries {
		found[e.Name()] = e.Name()
		short, _, long := strings.Cut(e.Name(), "_")
		if _, have := found[short]; long && e.IsDir() && !have {
			found[short] = e.Name()
		}
	}
	return found, nil
}

func link(target, name string) error {
	if err := os.Symlink(target, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("link asterisk's data: %w", err)
	}
	return nil
}

// give makes owner the owner of everything in folder.
func give(folder string, owner *account) error {
	if owner == nil {
		return nil
	}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(owner.uid), int(owner.gid))
	})
	if err != nil {
		return fmt.Errorf("give the asterisk node's folder to its user: %w", err)
	}
	return nil
}

// wipe removes the instance folder; with keepLogs all of it but log.
func wipe(folder string, keepLogs bool) error {
	if !keepLogs {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove the asterisk node's folder: %w", err)
		}
		return nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the asterisk node's folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == "log" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
			return fmt.Errorf("remove the asterisk node's folder: %w", err)
		}
	}
	return nil
}

// nameHost makes this machine's host name resolve inside a chroot folder: Asterisk looks it up for each RTP session, and
// calls stall five seconds where no server answers. On "/" nothing is changed; `firstline doctor` checks it.
func nameHost(root string) error {
	if root == "/" {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find this machine's name: %w", err)
	}
	path := outside(root, "/etc/hosts")
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the root folder's hosts file: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		for i, field := range strings.Fields(line) {
			if i > 0 && field == host {
				return nil
			}
		}
	}
	content = append(content, []byte("127.0.0.1 localhost "+host+"\n")...)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("write the root folder's hosts file: %w", err)
	}
	if err := os.Chmod(path, 0o644); err != nil { // a new file got what the umask left
		return fmt.Errorf("open the root folder's hosts file: %w", err)
	}
	return nil
}

// account is the user Asterisk runs as.
type account struct{ uid, gid uint32 }

// findAccount is the user "asterisk" of root when this process may become it; nil = stay who we are.
func findAccount(root string) (*account, error) {
	if !isRoot() {
		return nil, nil
	}
	content, err := os.ReadFile(outside(root, "/etc/passwd"))
	if err != nil {
		return nil, fmt.Errorf("find the user asterisk: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		f := strings.Split(line, ":")
		if len(f) < 4 || f[0] != "asterisk" {
			continue
		}
		uid, errU := strconv.ParseUint(f[2], 10, 32)
		gid, errG := strconv.ParseUint(f[3], 10, 32)
		if err := errors.Join(errU, errG); err != nil {
			return nil, fmt.Errorf("find the user asterisk: %w", err)
		}
		return &account{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, nil
}
