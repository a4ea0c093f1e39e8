package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// syntax returns the syntax of this program.
func syntax(t *testing.T) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// constant returns the text of an expression, with X for what is known at run time only.
func constant(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		return constant(e.X) + constant(e.Y)
	}
	return "X"
}

// checkLine fails the test unless a command line names a command of the tree, and flags
// that it has.
func checkLine(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	c, rest, err := newRoot(&session{}).Find(words)
	if err != nil || c.HasSubCommands() || !c.HasParent() {
		t.Errorf("%q names no command: %v", line, err)
		return
	}
	c.InitDefaultHelpFlag()
	for _, word := range rest {
		name, _, _ := strings.Cut(word, "=")
		if long, is := strings.CutPrefix(name, "--"); is && c.Flags().Lookup(long) == nil {
			t.Errorf("%q names no flag of %s: %s", line, c.Name(), word)
		} else if !is && strings.HasPrefix(name, "-") && c.Flags().ShorthandLookup(name[1:]) == nil {
			t.Errorf("%q names no flag of %s: %s", line, c.Name(), word)
		}
	}
}

// A message that names a command says it as it can be typed.
func TestMessagesNameCommandsThatCanBeTyped(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range syntax(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is {
				return true
			}
			if name, is := call.Fun.(*ast.Ident); !is || name.Name != "typed" && name.Name != "examples" {
				return true
			}
			for _, arg := range call.Args {
				if line := constant(arg); line != "X" { // the function "examples" itself
					checkLine(t, line)
					found++
				}
			}
			return true
		})
	}
	if found < 50 {
		t.Errorf("only %d command lines found", found)
	}
}

// foreign finds commands of a program that does not exist, or not everywhere.
var foreign = regexp.MustCompile(`\b(?:ops|make|local|masterhand) (?:` + strings.Join(strings.Fields(
	"up demo send load run requests trace explain logs upload unplaced names probe place ignore coverage reindex connect intake secret secrets secret-drop url deploy smoke redrive destroy"), "|") + `)\b|go run|\./masterhand`)

// flagName finds flags in a text.
var flagName = regexp.MustCompile(`(?:^|[^\w-])--([a-z][a-z0-9-]*)`)

// No text of this program names a command but by typed, or a flag that no command has.
func TestMessagesNameNoOtherCommandOrFlag(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"help": true, "endpoint-url": true, "require-approval": true, "no": true,
		"service-code": true, "quota-code": true, "desired-value": true} // the AWS CLI's, CDK's, npx's
	for _, c := range tree() {
		c.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	}
	for _, file := range syntax(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if f, is := n.(*ast.FuncDecl); is && f.Name.Name == "program" {
				return false
			}
			literal, is := n.(*ast.BasicLit)
			if !is || literal.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(literal.Value)
			if at := foreign.FindString(text); at != "" {
				t.Errorf("%q names %q: use typed", text, at)
			}
			for _, flag := range flagName.FindAllStringSubmatch(text, -1) {
				if !known[flag[1]] {
					t.Errorf("%q names no flag of any command: --%s", text, flag[1])
				}
			}
			return true
		})
	}
}

// The help texts of all commands, with what cobra adds, name commands of the tree.
func TestHelpNamesCommandsThatCanBeTyped(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)` + regexp.QuoteMeta(program()) + `((?: [\w-]+)*)`)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		help := newAccount(t).run(operator{}, append(strings.Fields(strings.TrimPrefix(c.CommandPath(), "masterhand")), "--help")...).out
		for _, at := range line.FindAllStringSubmatch(help, -1) {
			if found, _, err := newRoot(&session{}).Find(strings.Fields(at[1])); err != nil || at[1] != "" && !found.HasParent() {
				t.Errorf("%s names %q: %v", c.CommandPath(), at[0], err)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(&session{}))
}
