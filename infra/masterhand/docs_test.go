package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// checkout is the path from this package to the root of the repository.
const checkout = "../.."

// pages returns the text of each page of the documentation, by the page's path from the root. It
// leaves out the changelog, which also names commands that were removed.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(checkout), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && path != "docs" && !strings.HasPrefix(path, "docs/"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md") && path != "CHANGELOG.md":
			text, err := os.ReadFile(filepath.Join(checkout, path))
			found[path] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 4 {
		t.Fatalf("only %d pages found", len(found))
	}
	return found
}

var (
	fence   = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")
	inline  = regexp.MustCompile("`([^`\n]+)`")
	links   = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	isPath  = regexp.MustCompile(`^(?:functions|shared|infra|events|docs|\.ci)/[\w./-]*$`)
	target  = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	// claim matches a number with a unit of speed, of comparison or of cost, such as "3 ×",
	// "20 MB/s" or "$5".
	claim = regexp.MustCompile(`\d ?×|\d [kMG]i?B/s|\$\d`)
)

// commandLines returns the command lines in a page's text, both from code blocks and from code
// within a sentence. It leaves out the comments in code blocks.
func commandLines(text string) []string {
	var found []string
	add := func(line string) {
		line, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "$ "), " #")
		for part := range strings.SplitSeq(strings.ReplaceAll(line, " | ", " && "), " && ") {
			if words := strings.Fields(part); len(words) > 0 && isCommand(words) {
				found = append(found, strings.Join(words, " "))
			}
		}
	}
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			add(line)
		}
	}
	for _, code := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		add(code[1])
	}
	return found
}

// isCommand reports whether words form a command line that this test can check. The line must have
// a program and arguments, such as "make test". The word "masterhand" may be missing, as in "upload
// folder".
func isCommand(words []string) bool {
	switch words[0] {
	case "make", "go", "npx", "npm", "masterhand", "./masterhand":
		return len(words) > 1
	}
	return len(words) > 1 && slices.ContainsFunc(newRoot(&session{}).Commands(), func(c *cobra.Command) bool { return c.Name() == words[0] })
}

func TestTheDocsNameCommandsThatCanBeRun(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(checkout, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range target.FindAllSubmatch(makefile, -1) {
		targets = append(targets, string(m[1]))
	}
	found := 0
	for page, text := range pages(t) {
		for _, line := range commandLines(text) {
			found++
			words := strings.Fields(line)
			problem := ""
			switch words[0] {
			case "make":
				if !slices.Contains(targets, words[1]) {
					problem = "the Makefile has no such target"
				}
			case "npm":
				if words[1] != "ci" {
					problem = "the docs install with npm ci alone"
				}
			case "npx":
				if words[1] != "cdk" || len(words) < 3 || !slices.Contains([]string{"bootstrap", "deploy", "destroy", "diff", "synth", "--app"}, words[2]) {
					problem = "no such command of the CDK"
				}
			case "go":
				problem = goProblem(words[1:])
			case "masterhand", "./masterhand":
				problem = commandProblem(words[1:])
			default:
				problem = commandProblem(words)
			}
			if problem != "" {
				t.Errorf("%s: %q cannot be run: %s", page, line, problem)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d command lines found", found)
	}
}

// goProblem returns the reason why a "go" command line cannot run, or "" if it can.
func goProblem(words []string) string {
	at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "./") })
	if at < 0 {
		return "it names no package"
	}
	dir := filepath.Join(checkout, strings.TrimSuffix(words[at], "/..."))
	if _, err := os.Stat(dir); err != nil {
		return "there is no such package"
	}
	run := slices.Index(words, "-run")
	if words[0] != "test" || run < 0 || run+1 == len(words) {
		return ""
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	tests := regexp.MustCompile(`\nfunc (?:Test|Fuzz|Example)\w*` + strings.Trim(words[run+1], "'^$") + `\w*\(`)
	for _, file := range files {
		if source, err := os.ReadFile(file); err == nil && tests.Match(source) {
			return ""
		}
	}
	return "no test there has such a name"
}

func TestTheDocsLinkToWhatExists(t *testing.T) {
	t.Parallel()
	all := pages(t)
	exists := func(path string) bool { _, err := os.Stat(filepath.Join(checkout, path)); return err == nil }
	for page, text := range all {
		prose := fence.ReplaceAllString(text, "")
		for _, m := range links.FindAllStringSubmatch(prose, -1) {
			to, err := url.Parse(m[1] + m[2])
			switch {
			case err != nil:
				t.Errorf("%s: %v", page, err)
			case to.Scheme == "https": // a link to another site is not checked: this machine may have no internet access
			case to.Scheme != "":
				t.Errorf("%s: the link %s is not https", page, to)
			default:
				file := page
				if to.Path != "" {
					file = filepath.Join(filepath.Dir(page), to.Path)
				}
				if !exists(file) {
					t.Errorf("%s: the link %s leads to no file", page, to)
				} else if to.Fragment != "" && !slices.Contains(anchors(all[file]), to.Fragment) {
					t.Errorf("%s: the link %s leads to no heading of %s", page, to, file)
				}
			}
		}
		for _, code := range inline.FindAllStringSubmatch(prose, -1) {
			if isPath.MatchString(code[1]) && !strings.Contains(code[1], "NAME") && !exists(code[1]) {
				t.Errorf("%s: there is no %s", page, code[1])
			}
		}
	}
}

// anchors returns the URL fragments of a page's headings, in the form that GitHub generates.
func anchors(text string) []string {
	var found []string
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		found = append(found, strings.ReplaceAll(plain, " ", "-"))
	}
	return found
}

// Each section that states a speed, a comparison or a price must name the command that measures or
// computes it.
func TestTheDocsClaimNothingWithoutACommand(t *testing.T) {
	t.Parallel()
	for page, text := range pages(t) {
		starts := append(heading.FindAllStringIndex(text, -1), []int{len(text)})
		for i, start := range starts[:len(starts)-1] {
			section := text[start[0]:starts[i+1][0]]
			if at := claim.FindString(section); at != "" && len(commandLines(section)) == 0 {
				title, _, _ := strings.Cut(section, "\n")
				t.Errorf("%s: the section %q claims %q and names no command that shows it", page, title, at)
			}
		}
	}
}
