package shared_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cheap lists the functions that a package-level variable may call, because each costs next to
// nothing. The functions of package sync run their argument only later, and a strings.Replacer is
// built at its first use.
var cheap = []string{
	"errors.New", "fmt.Errorf", "lazy.Regexp", "sync.OnceValue", "sync.OnceFunc", "strings.NewReplacer",
	"strings.Join", "senders.Names", "new", "len",
}

// maxTable is the largest number of entries of a map that an initializer may build.
const maxTable = 10

// A function's cold start runs the initializers of all packages that it imports. A value that is
// expensive to build must be built at its first use instead: see package lazy.
func TestFunctionsStartWithoutExpensiveInitializers(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Dir,GoFiles", module+"functions/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Dir string
			GoFiles         []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(p.ImportPath, module) {
			continue
		}
		seen++
		files := map[string]any{}
		for _, name := range p.GoFiles {
			files[filepath.Join(p.Dir, name)] = nil
		}
		for _, problem := range expensive(t, files) {
			t.Errorf("%s: %s", p.ImportPath, problem)
		}
	}
	if seen < 25 {
		t.Errorf("only %d packages found", seen)
	}
}

// initializers finds expensive expressions in a package's initializers.
type initializers struct {
	set   *token.FileSet
	types map[string]bool          // names of the types that the package declares
	funcs map[string]*ast.FuncDecl // the functions that the package declares, without methods, by name
	found []string
}

// expensive returns the expressions that may be expensive in the initializers of a package. The
// parameter files maps the path of each file of the package to its source. nil as the source means
// that the source is read from the file.
func expensive(t *testing.T, files map[string]any) []string {
	t.Helper()
	in := initializers{set: token.NewFileSet(), types: map[string]bool{}, funcs: map[string]*ast.FuncDecl{}}
	var vars []ast.Node
	for name, source := range files {
		file, err := parser.ParseFile(in.set, name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					in.report(d, "func init")
				} else if d.Recv == nil {
					in.funcs[d.Name.Name] = d
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					vars = append(vars, d)
				}
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						in.types[s.Name.Name] = true
					}
				}
			}
		}
	}
	for _, v := range vars {
		ast.Inspect(v, in.look)
	}
	return in.found
}

func (in *initializers) report(n ast.Node, what string) {
	in.found = append(in.found, filepath.Base(in.set.Position(n.Pos()).String())+": "+what)
}

// look reports a node that is expensive. It returns whether the children of the node must be
// examined, too.
func (in *initializers) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		// A function literal is not examined, because it runs later. If it is called at once, the
		// method named call reports it.
		return false
	case *ast.ForStmt, *ast.RangeStmt:
		in.report(n, "a loop")
	case *ast.CompositeLit:
		if _, isMap := n.Type.(*ast.MapType); isMap && len(n.Elts) > maxTable {
			in.report(n, "a map of many entries")
		}
	case *ast.CallExpr:
		in.call(n)
	}
	return true
}

// call reports a function call, unless it is a type conversion or a call of a function in the list
// cheap. For a function of the same package, it examines the function's body instead.
func (in *initializers) call(c *ast.CallExpr) {
	called := types.ExprString(c.Fun)
	own := in.funcs[called]
	_, toSlice := c.Fun.(*ast.ArrayType)
	switch {
	case slices.Contains(cheap, called), in.types[called], toSlice:
	case own == nil:
		in.report(c, "a call of "+called)
	default:
		// The function is removed from in.funcs while its body is examined, so that a recursive
		// call is reported.
		delete(in.funcs, called)
		ast.Inspect(own.Body, in.look)
		in.funcs[called] = own
	}
}

func TestExpensiveInitializersAreFound(t *testing.T) {
	t.Parallel()
	large := "map[int]int{" + strings.Repeat("1:1,", maxTable+1) + "}"
	for source, want := range map[string]int{
		"var a = regexp.MustCompile(`x`)":                                                   1,
		"var (\n a = 1\n b = template.Must(x, y)\n)":                                        1,
		"var a = struct{ r *regexp.Regexp }{regexp.Compile()}":                              1,
		"var a = func() int { return 1 }()":                                                 1,
		"var a = " + large:                                                                  1,
		"func init() {}":                                                                    1,
		"var a = f()\nfunc f() *regexp.Regexp { return regexp.MustCompile(`x`) }":           1,
		"var a = f()\nfunc f() int { for { } }":                                             1,
		"var a = f()\nfunc f() int { return f() }":                                          1,
		"var a = errors.New(`x`)":                                                           0,
		"var a = lazy.Regexp(`x`)":                                                          0,
		"var a = sync.OnceValue(func() int { return build() })":                             0,
		"var a = []byte(`x`)":                                                               0,
		"var a = kind(`x`)\ntype kind string":                                               0,
		"var a = f()\nfunc f() func() int { return func() int { return build() } }":         0,
		"func f() { _ = regexp.MustCompile(`x`) }\nfunc (m) init() { _ = template.Must() }": 0,
	} {
		if found := expensive(t, map[string]any{"x.go": "package x\n" + source}); len(found) != want {
			t.Errorf("%s: %q, want %d", source, found, want)
		}
	}
}
