package archive_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/archive"
)

const id = "pbx1-1763838123.4/r1"

// until is a time whose day is another one where it was written.
func until() time.Time {
	return time.Date(2026, 3, 2, 1, 30, 0, 0, time.FixedZone("", 3*3600)) // 1 March, UTC
}

func keep(t *testing.T, d archive.Dir, id string, until time.Time, content string) {
	t.Helper()
	part, err := d.Part()
	if err != nil {
		t.Fatal(err)
	}
	defer part.Discard()
	if _, err := io.WriteString(part, content); err != nil {
		t.Fatal(err)
	}
	if err := part.Keep(id, until); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, d archive.Dir, id string, until time.Time) string {
	t.Helper()
	file, err := d.Open(id, until)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// files are all paths below the root, but for the root.
func files(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if path != root {
			rel, _ := filepath.Rel(root, path)
			all = append(all, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKept(t *testing.T) {
	root := filepath.Join(t.TempDir(), "new", "recordings")
	d := archive.Dir(root)
	if _, err := d.Open(id, until()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened before: %v", err)
	}
	keep(t, d, id, until(), "one")
	if got := content(t, d, id, until()); got != "one" {
		t.Errorf("got %q", got)
	}
	keep(t, d, id, until(), "two")
	if got := content(t, d, id, until()); got != "two" {
		t.Errorf("got %q after it was replaced", got)
	}
	equal(t, files(t, root), []string{"2026-03-01", "2026-03-01/pbx1-1763838123.4_r1.wav"})
	if _, err := d.Open(id, until().AddDate(0, 0, 1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened by another day: %v", err)
	}
	if err := d.Sync(until()); err != nil {
		t.Error(err)
	}
}

// TestModes: the reports' process may be another user of the group; others see nothing, and nobody a file in the making.
func TestModes(t *testing.T) {
	root := filepath.Join(t.TempDir(), "recordings")
	d := archive.Dir(root)
	keep(t, d, id, until(), "one")
	part, err := d.Part()
	if err != nil {
		t.Fatal(err)
	}
	defer part.Discard()
	for path, most := range map[string]fs.FileMode{
		root: 0o750, filepath.Join(root, "2026-03-01"): 0o750, filepath.Join(root, "2026-03-01", "pbx1-1763838123.4_r1.wav"): 0o640, part.Name(): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&^most != 0 {
			t.Errorf("%s has mode %o", path, mode)
		}
	}
}

// TestNothingBeforeKeep: what is in the making can't be opened, and nothing is left of what is discarded.
func TestNothingBeforeKeep(t *testing.T) {
	root := t.TempDir()
	d := archive.Dir(root)
	keep(t, d, id, until(), "old")
	part, err := d.Part()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.WriteString("half"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, d, id, until()); got != "old" {
		t.Errorf("got %q before Keep", got)
	}
	if err := part.Keep("../r1", until()); !errors.Is(err, archive.ErrID) {
		t.Errorf("kept under a bad id: %v", err)
	}
	part.Discard()
	part.Discard()
	equal(t, files(t, root), []string{"2026-03-01", "2026-03-01/pbx1-1763838123.4_r1.wav"})
}

// TestKeepFails: an error says what and where, and the file in the making is still discarded.
func TestKeepFails(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "2026-03-01"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	part, err := archive.Dir(root).Part()
	if err != nil {
		t.Fatal(err)
	}
	if err := part.Keep(id, until()); err == nil || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), root) {
		t.Errorf("got %v", err)
	}
	part.Discard()
	equal(t, files(t, root), []string{"2026-03-01"})
}

func TestNames(t *testing.T) {
	for id, want := range map[string]string{
		"pbx1-1763838123.4/r1": "pbx1-1763838123.4_r1.wav",
		"1763838123.4/r12":     "1763838123.4_r12.wav",
		"a_r1/r2":              "a_r1_r2.wav",
		"a..b/r1":              "a..b_r1.wav",
		"-a/r1":                "-a_r1.wav",
	} {
		if got, err := archive.Name(id); got != want || err != nil {
			t.Errorf("%s: %q %v", id, got, err)
		}
	}
	for _, id := range []string{
		"", "r1", "/r1", "a/", "a/r", "a/s1", "a/r1x", "a/r-1", "a/r1/r2", "a/b/r1", "../r1", "../../etc/passwd", "..%2f/r1", ".hidden/r1", "./r1",
		"a/../r1", "a/r1\n", "\na/r1", "a\x00/r1", `a\b/r1`, "ä/r1", "a/r١", "a b/r1", "a/r1234567890", strings.Repeat("a", 201) + "/r1",
	} {
		if got, err := archive.Name(id); !errors.Is(err, archive.ErrID) {
			t.Errorf("%q: %q %v", id, got, err)
		}
		if _, err := archive.Dir(t.TempDir()).Open(id, until()); !errors.Is(err, archive.ErrID) {
			t.Errorf("%q was opened: %v", id, err)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, id := range []string{id, "../r1", "a/r1", ".a/r1", "a/b/r1"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		name, err := archive.Name(id)
		if err != nil {
			return
		}
		if filepath.Base(name) != name || !filepath.IsLocal(name) || name[0] == '.' || len(name) > 255 {
			t.Errorf("%q gives %q", id, name)
		}
		if i := strings.LastIndexByte(name, '_'); name[:i]+"/"+strings.TrimSuffix(name[i+1:], ".wav") != id {
			t.Errorf("%q gives %q, which is another one's too", id, name)
		}
	})
}

func TestExpire(t *testing.T) {
	root := t.TempDir()
	d := archive.Dir(root)
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.FixedZone("", 3*3600)) // still 1 March, UTC
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	keep(t, d, "a/r1", day(-1), "x")
	keep(t, d, "a/r2", day(0), "x")
	keep(t, d, "b/r1", day(0), "x")
	keep(t, d, "a/r3", day(1), "x")
	keep(t, d, "a/r4", day(2), "x")
	for name, age := range map[string]time.Duration{".part-old": 61 * time.Minute, ".part-new": 59 * time.Minute, "2020-01-01": 1000 * time.Hour, "notes": 1000 * time.Hour} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, now, now.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	if err := errors.Join(
		os.WriteFile(filepath.Join(elsewhere, "file"), nil, 0o600), os.Symlink(elsewhere, filepath.Join(root, "2020-01-02")),
		os.Mkdir(filepath.Join(root, "2020-13-01"), 0o750), os.Mkdir(filepath.Join(root, "2020-1-1"), 0o750),
	); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{3, 0} {
		if n, err := d.Expire(now); n != want || err != nil {
			t.Errorf("removed %d, %v; want %d", n, err, want)
		}
	}
	equal(t, files(t, root), []string{
		".part-new", "2020-01-01", "2020-01-02", "2020-1-1", "2020-13-01", "2026-03-01", "2026-03-01/a_r3.wav", "2026-03-02", "2026-03-02/a_r4.wav", "notes"})
	equal(t, files(t, elsewhere), []string{"file"})
}

func TestExpireWithoutArchive(t *testing.T) {
	if n, err := archive.Dir(filepath.Join(t.TempDir(), "none")).Expire(time.Now()); n != 0 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
}

// TestExpireGoesOn: what can't be removed is named, the rest is removed.
func TestExpireGoesOn(t *testing.T) {
	root := t.TempDir()
	d := archive.Dir(root)
	now := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	for n := range 3 {
		keep(t, d, "a/r1", now.AddDate(0, 0, n-3), "x")
	}
	odd := []string{"2026-03-02/odd", "2026-03-03/odd"}
	for _, dir := range odd {
		if err := os.MkdirAll(filepath.Join(root, dir, "more"), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	n, err := d.Expire(now)
	if n != 3 || err == nil {
		t.Fatalf("removed %d, %v", n, err)
	}
	for _, dir := range odd {
		if !strings.Contains(err.Error(), filepath.Join(root, dir)) {
			t.Errorf("%s is not in: %v", dir, err)
		}
	}
	equal(t, files(t, root), []string{"2026-03-02", "2026-03-02/odd", "2026-03-02/odd/more", "2026-03-03", "2026-03-03/odd", "2026-03-03/odd/more"})
}

// TestRemove: the recording alone; what is not there is no error, an archive that is not there is one.
func TestRemove(t *testing.T) {
	d := archive.Dir(t.TempDir())
	keep(t, d, id, until(), "his")
	keep(t, d, "pbx1-1763838123.4/r10", until(), "another")
	for _, want := range []bool{true, false} {
		if removed, err := d.Remove(id, until()); removed != want || err != nil {
			t.Errorf("removed %t, %v, want %t", removed, err, want)
		}
	}
	equal(t, files(t, string(d)), []string{"2026-03-01", "2026-03-01/pbx1-1763838123.4_r10.wav"})
	if removed, err := d.Remove(id, until().AddDate(1, 0, 0)); removed || err != nil {
		t.Errorf("of a day without a folder: %t, %v", removed, err)
	}
	if _, err := archive.Dir(filepath.Join(string(d), "none")).Remove(id, until()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without an archive: %v", err)
	}
	if _, err := d.Remove("../r1", until()); !errors.Is(err, archive.ErrID) {
		t.Errorf("of no id: %v", err)
	}
}
