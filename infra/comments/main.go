// Command comments draws comments of this repository at random, each with the line of
// code below it, for a reader who has never seen the code. CONTRIBUTING.md says what the
// reader decides. The same seed draws the same comments from the same tree.
//
//	go run ./infra/comments --seed 7 --count 100
//	go run ./infra/comments --all shared/request/ledger
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// comment is one comment group of a Go file.
type comment struct {
	file  string
	line  int    // the first line of the comment, from 1
	text  string // the comment's text as it stands in the file
	below string // the next line of code; for a comment at the end of a line of code, that line
}

func main() {
	seed := flag.Uint64("seed", 1, "the `number` that decides which comments are drawn")
	count := flag.Int("count", 100, "how many comments to draw")
	all := flag.Bool("all", false, "print all comments, in order")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: comments [--seed N] [--count N] [--all] [FOLDER…]   (default: functions infra shared events)")
		flag.PrintDefaults()
	}
	flag.Parse()
	folders := flag.Args()
	if len(folders) == 0 {
		folders = []string{"functions", "infra", "shared", "events"}
	}
	found, err := collect(folders)
	if err != nil {
		fmt.Fprintln(os.Stderr, "comments:", err)
		os.Exit(1)
	}
	if !*all {
		found = draw(found, *seed, *count)
	}
	show(os.Stdout, found)
}

// collect returns the comments of all Go files below the folders, without compiler directives.
func collect(folders []string) ([]comment, error) {
	var found []comment
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			comments, err := commentsOf(path)
			found = append(found, comments...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no Go files with comments below " + strings.Join(folders, ", "))
	}
	return found, nil
}

func commentsOf(path string) ([]comment, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(source), "\n")
	var found []comment
	for _, group := range file.Comments {
		if strings.TrimSpace(group.Text()) == "" {
			continue
		}
		first, last := set.Position(group.Pos()), set.Position(group.End())
		code := strings.TrimSpace(lines[first.Line-1][:first.Column-1])
		if code == "" && last.Line < len(lines) {
			code = strings.TrimSpace(lines[last.Line])
		}
		found = append(found, comment{
			file: path, line: first.Line, below: code,
			text: string(source[first.Offset:last.Offset]),
		})
	}
	return found, nil
}

// draw returns up to count of the comments, in random order.
func draw(from []comment, seed uint64, count int) []comment {
	drawn := make([]comment, 0, count)
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(from)) {
		if len(drawn) == count {
			break
		}
		drawn = append(drawn, from[i])
	}
	return drawn
}

func show(out io.Writer, comments []comment) {
	for i, c := range comments {
		fmt.Fprintf(out, "%d. %s:%d\n%s\n    %s\n\n", i+1, c.file, c.line, c.text, c.below)
	}
}
