package callcenter_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pureImports are all that the pure packages may import: nothing that waits, reads, writes, draws or remembers.
func pureImports() []string {
	return []string{
		"cmp", "crypto/sha256", "encoding/hex", "encoding/json", "fmt", "maps", "math", "net/url", "slices", "strconv", "strings", "time",
		"time/tzdata", "firstline/pipeline/fact", "firstline/pipeline/number", "firstline/pipeline/problem", "firstline/pipeline/schedule", "firstline/telephony/ivr",
		"github.com/expr-lang/expr", "github.com/expr-lang/expr/vm", "github.com/teambition/rrule-go", // without their clocks: see ivr.compile, schedule.dates
	}
}

// clocks are the functions of package time that look at a clock or wait for one.
func clocks() []string {
	return []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}
}

// TestPure holds the promise of DESIGN §2: the core packages contain no goroutine, channel, select, clock, package-level
// variable, init, or iteration over a map whose order could show.
func TestPure(t *testing.T) {
	for _, dir := range []string{".", "../ivr", "../../pipeline/schedule"} {
		for _, finding := range impurities(t, dir) {
			t.Error(finding)
		}
	}
}

// TestPureFinds makes sure that the test above would find what it looks for.
func TestPureFinds(t *testing.T) {
	found := strings.Join(impurities(t, "testdata/impure"), "\n")
	for _, want := range []string{
		"goroutine", "channel type", "select", "send", "receive", "iterates over a map", "time.Now", `imports "os"`,
		"package-level variable", "init", "maps.Values", "prints",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("does not find: %s\n%s", want, found)
		}
	}
}

func impurities(t *testing.T, dir string) []string {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(token.NewFileSet(), "source", nil)}
	if _, err := conf.Check(dir, fset, files, info); err != nil {
		t.Fatal(err)
	}
	p := &purist{fset: fset, info: info}
	for _, f := range files {
		p.file(f)
	}
	return p.findings
}

// purist looks through the syntax of a package for what the core must not do.
type purist struct {
	fset     *token.FileSet
	info     *types.Info
	sorted   []ast.Expr // map iterations that are sorted at once
	findings []string
}

func (p *purist) find(at ast.Node, format string, args ...any) {
	p.findings = append(p.findings, fmt.Sprintf("%s: %s", p.fset.Position(at.Pos()), fmt.Sprintf(format, args...)))
}

func (p *purist) file(f *ast.File) {
	for _, spec := range f.Imports {
		if path, _ := strconv.Unquote(spec.Path.Value); !slices.Contains(pureImports(), path) {
			p.find(spec, "imports %q", path)
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				p.find(d, "has a package-level variable")
			}
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				p.find(d, "has an init")
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool { p.node(n); return true })
}

func (p *purist) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		p.find(n, "starts a goroutine")
	case *ast.SelectStmt:
		p.find(n, "has a select")
	case *ast.SendStmt:
		p.find(n, "has a send")
	case *ast.ChanType:
		p.find(n, "has a channel type")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			p.find(n, "has a receive")
		}
	case *ast.RangeStmt:
		if _, ok := p.info.TypeOf(n.X).Underlying().(*types.Map); ok {
			p.find(n, "iterates over a map")
		}
	case *ast.CallExpr:
		p.call(n)
	case *ast.SelectorExpr:
		if p.from(n, "time") && slices.Contains(clocks(), n.Sel.Name) {
			p.find(n, "uses time.%s", n.Sel.Name)
		}
		if p.from(n, "fmt") && strings.Contains(n.Sel.Name, "Print") {
			p.find(n, "prints")
		}
	}
}

// call lets maps.Keys and its kin pass where their order is lost at once.
func (p *purist) call(n *ast.CallExpr) {
	fun, ok := n.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	if p.from(fun, "slices") && strings.HasPrefix(fun.Sel.Name, "Sorted") {
		p.sorted = append(p.sorted, n.Args[0])
	}
	unordered := []string{"Keys", "Values", "All"}
	if p.from(fun, "maps") && slices.Contains(unordered, fun.Sel.Name) && !slices.Contains(p.sorted, ast.Expr(n)) {
		p.find(n, "uses maps.%s unsorted", fun.Sel.Name)
	}
}

// from tells whether a selector names something of a package.
func (p *purist) from(n *ast.SelectorExpr, path string) bool {
	id, ok := n.X.(*ast.Ident)
	if !ok {
		return false
	}
	name, ok := p.info.Uses[id].(*types.PkgName)
	return ok && name.Imported().Path() == path
}
