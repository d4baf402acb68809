package listen

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

func TestInUse(t *testing.T) {
	ctx := context.Background()
	taken, err := Open(ctx, "tcp", "127.0.0.1:0", "the pages", "http.listen")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, err = Open(ctx, "tcp", taken.Addr().String(), "the pages", "http.listen")
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	want := "listen for the pages on 127.0.0.1:" + port + ": the port is in use by another program: stop it (`ss -lntup 'sport = :" +
		port + "'` names it) or change http.listen: "
	if !errors.Is(err, ErrInUse) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v", err)
	}
}

func TestOtherReasons(t *testing.T) {
	ctx := context.Background()
	_, err := Open(ctx, "tcp", "192.0.2.1:8080", "the pages", "http.listen") // of nobody: TEST-NET-1
	if err == nil || errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "no such address: change http.listen") {
		t.Errorf("error %v", err)
	}
	path := filepath.Join(t.TempDir(), "missing", "socket")
	if _, err = Open(ctx, "unix", path, "the controller", "controller.listen"); err == nil || !strings.Contains(err.Error(), "controller.listen") {
		t.Errorf("error %v", err)
	}
}
