package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A start under umask 077 (an operator's shell, a unit with UMask=) must leave a way for Asterisk's own user: without it
// Asterisk starts all the same, with the configuration it was built with.
func TestAsteriskCanEnterItsFolderUnderAnyUmask(t *testing.T) {
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	before := syscall.Umask(0o077)
	defer syscall.Umask(before)
	folder := filepath.Join(root, "srv", "firstline")
	unlock, err := lock(filepath.Join(folder, "pbx1"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := Enterable(root, filepath.Join(folder, "pbx1")); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(filepath.Dir(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	err = Enterable(root, filepath.Join(folder, "pbx1"))
	if !errors.Is(err, ErrNoEntry) || !strings.Contains(err.Error(), "chmod o+x "+filepath.Dir(folder)) {
		t.Errorf("error %v", err)
	}
}
