// Package postgrestest gives tests a real PostgreSQL: one server for all tests of a test binary, a database of its own for each test. It
// runs from a folder that goes with it, on a socket there, as a user without rights, since PostgreSQL refuses to run as root; it ends with
// the test binary, however that ends.
//
// Tests of what keeps the API's state call it. Where PostgreSQL is missing the test is skipped, and fails in CI.
package postgrestest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"firstline/pipeline/parts"
)

const (
	startTime = time.Minute
	retry     = 20 * time.Millisecond
)

// Names in the server. The admin makes databases; the owner is who Firstline connects as.
const (
	admin    = "postgres"
	owner    = "firstline"
	password = "pass word/of:the@test"
)

// shared starts the server that Database hands databases of out.
var shared = sync.OnceValues(func() (*Server, error) { return newServer("fsync=off") }) //nolint:gochecknoglobals // one server for a test binary

// Database returns the address of an empty database that nobody else uses, on the server that all tests of this binary share.
func Database(t testing.TB) string {
	t.Helper()
	parts.Need(t, parts.Postgres)
	s, err := shared()
	if err != nil {
		t.Fatalf("start postgresql: %v", err)
	}
	return s.Database(t)
}

// Server is a PostgreSQL that a test may kill and start again on the same data.
type Server struct {
	dir      string // of data and socket
	programs string
	settings []string
	as       *syscall.Credential // nil = who runs the test
	cmd      *exec.Cmd
	stdin    io.WriteCloser // the guard's
	exited   chan struct{}
	log      *bytes.Buffer // complete once exited is closed
}

// Launch starts a server of the test's own, with settings like "max_connections=5".
func Launch(t testing.TB, settings ...string) *Server {
	t.Helper()
	parts.Need(t, parts.Postgres)
	s, err := newServer(settings...)
	if err != nil {
		t.Fatalf("start postgresql: %v", err)
	}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(s.dir)
	})
	return s
}

// newServer makes the data folder and starts the server.
func newServer(settings ...string) (*Server, error) {
	programs, err := parts.Postgres()
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs, settings: settings}
	if s.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "firstline-pg-"); err != nil { // short: a socket's path may have 107 characters
		return nil, err
	}
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, err
		}
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o644); err != nil { //nolint:gosec // read by another user, in a folder of his own
		return nil, err
	}
	if err := s.initdb("-D", s.data(), "-U", admin, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return nil, err
	}
	return s, s.start()
}

// unprivileged is whom the server runs as when the test is root: Debian's user for it.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("there is no user postgres or nobody to run it as")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func (s *Server) initdb(args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	out, err := s.command(ctx, filepath.Join(s.programs, "initdb"), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// guard starts the server and ends it, and the folder with it, when the other end of standard input goes: when the test binary does. A line
// says that the server was killed and may be started again.
const guard = `"$@" & if read -r _; then wait; else kill -QUIT $!; kill -CONT $!; wait; rm -rf "$PWD"; fi`

func (s *Server) start() error {
	args := []string{"-c", guard, "sh", filepath.Join(s.programs, "postgres"), "-D", s.data(), "-k", s.dir, "-c", "listen_addresses="}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command(context.Background(), "sh", args...)
	s.log = &bytes.Buffer{}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return err
	}
	s.stdin = stdin
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(s.cmd, s.exited)
	return s.answers()
}

// answers waits until it takes connections.
func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.address(admin, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended: %s", s.log)
		case <-ctx.Done():
			return err
		case <-time.After(retry):
		}
	}
}

func (s *Server) address(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	return u.String()
}

// Database makes an empty database and returns its address. It goes with the server, or when the test ends.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:12])
	s.Exec(t, `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '`+owner+`') THEN CREATE ROLE `+owner+` LOGIN PASSWORD '`+password+`'; END IF; END $$`)
	s.Exec(t, "CREATE DATABASE "+name+" OWNER "+owner)
	return s.address(owner, name)
}

// Exec runs a statement as the admin.
func (s *Server) Exec(t testing.TB, statement string) {
	t.Helper()
	Exec(t, s.address(admin, "postgres"), statement)
}

// Exec runs a statement at an address.
func Exec(t testing.TB, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Kill ends the server and all its processes as kill -9 does, and waits until they are gone.
func (s *Server) Kill() {
	select {
	case <-s.exited:
		return
	default:
	}
	for _, pid := range s.processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_, _ = io.WriteString(s.stdin, "killed\n")
	_ = s.stdin.Close()
	<-s.exited
}

// Hang stops the server's processes; Resume lets them go on. In between it keeps its socket and answers nothing.
func (s *Server) Hang()   { s.signal(syscall.SIGSTOP) }
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(what syscall.Signal) {
	for _, pid := range s.processes() {
		_ = syscall.Kill(pid, what)
	}
}

// processes are the server's: the first one and its children.
func (s *Server) processes() []int {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(text), "\n")
	main, err := strconv.Atoi(first)
	if err != nil {
		return nil
	}
	out := []int{main}
	others, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range others {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ") // behind the program's name: state, parent, …
		fields := strings.Fields(rest)
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && len(fields) > 1 && fields[1] == first {
			out = append(out, pid)
		}
	}
	return out
}

// Restart starts the server again after Kill.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("start postgresql again: %v", err)
	}
}
