package registry

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFileOfTheFirstVersion: sessions that were begun before there was anything else live on.
func TestFileOfTheFirstVersion(t *testing.T) {
	dir, ctx, now := t.TempDir(), context.Background(), time.Now()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range append(migrations()[:2], "PRAGMA user_version = 2") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO sessions (token, name, proof, began, ends) VALUES (?, 'sue', 'p', 0, ?)", hashOf("a token"), now.Add(time.Hour).Unix()); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	r := open(t, dir)
	if s, err := r.FindSession(ctx, "a token", now); err != nil || s.Name != "sue" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := r.Keys(ctx); err != nil {
		t.Error(err)
	}
}

func TestFileOfANewerVersionIsRefused(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	r := open(t, dir)
	if _, err := r.db.ExecContext(ctx, "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	if _, err := Open(ctx, dir); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("got %v", err)
	}
}

// TestOpensInAnyFolder: a data folder may be called what it likes; the state lies in it and nowhere else.
func TestOpensInAnyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site #1", "100% ours?", "ünïcode")
	r := open(t, dir)
	if err := r.MakeUser(context.Background(), User{Name: "sam", Hash: "h"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, fileName)); err != nil {
		t.Error(err)
	}
}
