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

// syntax returns the syntax trees of all source files of this program except tests.
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

// constant returns the text of an expression in the source. It puts the letter X in place of each
// part that is known only at run time.
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

// commandProblem returns the reason why a command line is wrong: the command or a flag does not
// exist. It returns "" if both exist. words are the words after "masterhand". Values of arguments
// and flags are not checked.
func commandProblem(words []string) string {
	root := newRoot(&session{})
	root.InitDefaultCompletionCmd(words...)
	c, rest, err := root.Find(words)
	switch {
	case err != nil:
		return err.Error()
	case !c.HasParent():
		return "names no command"
	case c.HasSubCommands():
		return "lacks a subcommand of " + c.Name()
	}
	c.InitDefaultHelpFlag()
	for _, word := range rest {
		name, _, _ := strings.Cut(word, "=")
		long, is := strings.CutPrefix(name, "--")
		switch {
		case name == "--":
			return "" // the words after -- are not checked: they are arguments of another command
		case is && c.Flags().Lookup(long) == nil, !is && len(name) > 1 && name[0] == '-' && c.Flags().ShorthandLookup(name[1:2]) == nil:
			return c.Name() + " has no flag " + name
		}
	}
	return ""
}

func TestCommandProblemFindsWrongCommandsAndFlags(t *testing.T) {
	t.Parallel()
	for line, good := range map[string]bool{
		"secret acme --name staging": true, "intake list --since=7d": true, "deploy staging -c logDays=90 -- --verbose": true, "completion bash": true, "requests -f": true,
		"": false, "secrt": false, "intake": false, "intake lst": false, "secrets --all": false, "secrets -x": false,
	} {
		if problem := commandProblem(strings.Fields(line)); (problem == "") != good {
			t.Errorf("%q: problem %q", line, problem)
		}
	}
}

// Every command line in a message names an existing command and existing flags.
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
				// An argument that is known only at run time has the text "X". It cannot be checked.
				if line := constant(arg); line != "X" {
					if problem := commandProblem(strings.Fields(line)); problem != "" {
						t.Errorf("%q %s", line, problem)
					}
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

// foreign matches a command line of this program that is written out in a message. Such a command
// line must come from the function typed, because only typed knows how the user runs this program.
var foreign = regexp.MustCompile(`\b(?:ops|make|local|masterhand) (?:` + strings.Join(strings.Fields(
	"up demo send load run requests trace explain logs upload unplaced names probe place ignore coverage reindex connect intake secret secrets secret-drop url deploy smoke redrive destroy"), "|") + `)\b|go run|\./masterhand`)

// flagName matches a flag of the form --name in a text.
var flagName = regexp.MustCompile(`(?:^|[^\w-])--([a-z][a-z0-9-]*)`)

// Each command line in this program's texts must come from the function typed. Each flag in these
// texts must exist.
func TestMessagesNameNoOtherCommandOrFlag(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"help": true, "endpoint-url": true, "require-approval": true, "no": true,
		"service-code": true, "quota-code": true, "desired-value": true} // flags of the AWS CLI, of CDK and of npx, which texts may also name
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

// The help of every command, with the text that cobra adds, names only commands that exist.
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
