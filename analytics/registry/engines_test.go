package registry

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/registry/postgrestest"
)

// each runs a test on both engines. open opens the test's own state; again, as another process does.
func each(t *testing.T, test func(t *testing.T, open func() *Registry)) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		test(t, func() *Registry { return open(t, dir) })
	})
	t.Run("postgres", func(t *testing.T) {
		address := postgrestest.Database(t)
		test(t, func() *Registry { return openPostgres(t, address) })
	})
}

func open(t *testing.T, dir string) *Registry {
	t.Helper()
	r, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func openPostgres(t *testing.T, address string) *Registry {
	t.Helper()
	r, err := OpenPostgres(context.Background(), DefaultConfig(), address, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	for { // on a busy machine it is found a moment later
		if _, err := r.CountSessions(context.Background(), time.Now()); !errors.Is(err, errNotReached) {
			return r
		}
		<-time.After(retryEvery)
	}
}

// TestEveryTestRunsOnBothEngines: whoever adds to the registry finds out here that there are two of them.
func TestEveryTestRunsOnBothEngines(t *testing.T) {
	one := map[string]bool{ // of one engine, or of none
		"engines_test.go": true, "registry_test.go": true, "postgres_test.go": true, "dialect_test.go": true, "config_test.go": true,
	}
	files, err := fs.Glob(os.DirFS("."), "*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !one[name] && strings.HasPrefix(f.Name.Name, "Test") && !calls(f, "each") {
				t.Errorf("%s: %s runs on SQLite only: write func %s(t *testing.T) { each(t, …) }", name, f.Name.Name, f.Name.Name)
			}
		}
	}
}

func receiver(f *ast.FuncDecl) string {
	if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
		return fmt.Sprint(star.X)
	}
	return ""
}

func calls(f *ast.FuncDecl, name string) bool {
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == name {
			found = true
		}
		return true
	})
	return found
}

// TestEveryMethodIsTried: what no test calls is not known to run on PostgreSQL.
func TestEveryMethodIsTried(t *testing.T) {
	called := map[string]bool{}
	var methods []string
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.IsExported() && receiver(f) == "Registry" {
					methods = append(methods, f.Name.Name)
				}
			}
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				called[s.Sel.Name] = true
			}
			return true
		})
	}
	for _, m := range methods {
		if !called[m] {
			t.Errorf("no test calls Registry.%s", m)
		}
	}
	if len(methods) < 15 {
		t.Errorf("only %d methods are found", len(methods))
	}
}

// TestSeveralProcessesStartAtOnce on a state that there is not yet: it is made once, and all go on.
func TestSeveralProcessesStartAtOnce(t *testing.T) { each(t, testSeveralProcessesStartAtOnce) }

func testSeveralProcessesStartAtOnce(t *testing.T, open func() *Registry) {
	var all [6]*Registry
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { all[i] = open() })
	}
	wg.Wait()
	ctx, now := context.Background(), time.Now()
	for i, r := range all {
		if err := r.MakeUser(ctx, User{Name: fmt.Sprint("user", i), Made: now}); err != nil {
			t.Error(err)
		}
	}
	for _, r := range all {
		if list, err := r.Users(ctx); err != nil || len(list) != len(all) {
			t.Errorf("%d users, %v", len(list), err)
		}
	}
}

// TestWhatOneProcessDidTheOthersFind at once: nothing is remembered.
func TestWhatOneProcessDidTheOthersFind(t *testing.T) { each(t, testWhatOneProcessDidTheOthersFind) }

func testWhatOneProcessDidTheOthersFind(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	a, b := open(), open()
	k, secret, err := a.MakeKey(ctx, Key{Name: "crm", Made: now, Ends: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := b.FindKey(ctx, secret); err != nil || !found.Revoked.IsZero() {
		t.Errorf("%+v, %v", found, err)
	}
	if err := a.RevokeKey(ctx, k.ID, "adam", now); err != nil {
		t.Fatal(err)
	}
	if found, err := b.FindKey(ctx, secret); err != nil || found.Revoked.IsZero() {
		t.Errorf("after its end: %+v, %v", found, err)
	}
	token, err := b.BeginSession(ctx, Session{Name: "sue", Proof: []byte("p"), Ends: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.FindSession(ctx, token, now); err != nil {
		t.Error(err)
	}
	if err := a.EndSession(ctx, token); err != nil {
		t.Fatal(err)
	}
	if _, err := b.FindSession(ctx, token, now); !errors.Is(err, ErrNone) {
		t.Errorf("after its end: %v", err)
	}
}

// TestTextsThatAreNone: what clients send where a name is expected finds nothing, and never fails; in the audit log it can be seen.
func TestTextsThatAreNone(t *testing.T) { each(t, testTextsThatAreNone) }

func testTextsThatAreNone(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	r := open()
	for _, text := range []string{"sam\x00", "\x00", "\xff\xfe", "'; DROP TABLE users; --", "?", "$1", strings.Repeat("x", 1<<16)} {
		if _, err := r.FindUser(ctx, text); !errors.Is(err, ErrNone) {
			t.Errorf("%.20q: %v", text, err)
		}
		if _, err := r.FindSession(ctx, text, now); !errors.Is(err, ErrNone) {
			t.Errorf("%.20q: %v", text, err)
		}
		if _, err := r.FindKey(ctx, KeyPrefix+text+"_0"); !errors.Is(err, ErrNone) {
			t.Errorf("%.20q: %v", text, err)
		}
		if err := r.Record(ctx, Entry{Time: now, Actor: text, Object: text}); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if list, err := r.Audit(ctx, AuditFilter{Until: now.Add(time.Second), Limit: 99}); err != nil || len(list) != 7 {
		t.Errorf("%d entries, %v", len(list), err)
	}
}

// TestNamesAreInTheOrderOfTheirBytes: whatever the locale of the database.
func TestNamesAreInTheOrderOfTheirBytes(t *testing.T) { each(t, testNamesAreInTheOrderOfTheirBytes) }

func testNamesAreInTheOrderOfTheirBytes(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	r := open()
	want := []string{"Zoe", "_x", "adam", "b c", "ba", "Ärmel"}
	for _, name := range []string{"ba", "adam", "Ärmel", "Zoe", "b c", "_x"} {
		if err := r.MakeUser(ctx, User{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.Users(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range list {
		got = append(got, u.Name)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestAnErrorOfTheChangeLeavesNoTransactionBehind: the next one finds no lock.
func TestAnErrorOfTheChangeLeavesNoTransactionBehind(t *testing.T) {
	each(t, testAnErrorOfTheChangeLeavesNoTransactionBehind)
}

func testAnErrorOfTheChangeLeavesNoTransactionBehind(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	a, b := open(), open()
	if err := a.MakeUser(ctx, User{Name: "sam"}); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	for range 20 { // more than there are connections
		if _, err := a.ChangeUser(ctx, "sam", func(*User) error { return refused }); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if _, err := a.ChangeUser(ctx, "none", func(*User) error { return nil }); !errors.Is(err, ErrNone) {
			t.Fatal(err)
		}
	}
	if _, err := b.ChangeUser(ctx, "sam", func(u *User) error { u.Role = "admin"; return nil }); err != nil {
		t.Error(err)
	}
}

// TestClosed: a registry that was closed answers with errors, and can be closed again.
func TestClosed(t *testing.T) { each(t, testClosed) }

func testClosed(t *testing.T, open func() *Registry) {
	r := open()
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Users(context.Background()); err == nil {
		t.Error("it answers")
	}
}
