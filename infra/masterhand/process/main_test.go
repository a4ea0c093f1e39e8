package process_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
)

// program is the path of the command's binary. TestMain builds it once for all tests.
var program string

// TestMain raises the number of tests that run at the same time, because these tests mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "masterhand-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "masterhand")
	if printed, err := exec.Command("go", "build", "-o", program, "masterhand/infra/masterhand").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the command: %v\n%s", err, printed)
		return 1
	}
	return m.Run()
}

// root returns the project's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := system.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// bare makes a folder that contains only a go.mod, and returns the folder's path. The go.mod makes
// the command recognise it as the project's folder.
func bare(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module masterhand\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A wrong command line is reported before anything is built or started. Nothing is printed to
// standard output. Standard error has the reason, but no secret.
func TestAWrongCommandLineStartsNothing(t *testing.T) {
	t.Parallel()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "destinations.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const secret = "whsec_a-secret-that-is-not-shown"
	tests := map[string]struct {
		args []string
		code int
		want []string // words that standard error must contain
	}{
		"no command":             {nil, 2, []string{"On this machine:", "\n  up ", "\n  demo ", "\n  send ", "\n  load "}},
		"an unknown command":     {[]string{"upp"}, 2, []string{"unknown command upp; did you mean up?"}},
		"an unknown flag":        {[]string{"up", "--jsn"}, 2, []string{"--jsn", "up --help"}},
		"an argument too many":   {[]string{"up", "now"}, 2, []string{"expected no arguments, got 1"}},
		"a listener for all":     {[]string{"up", "--listen", "0.0.0.0:8080"}, 2, []string{"--listen must be 127.0.0.1:PORT"}},
		"a port without a next":  {[]string{"up", "--listen", "127.0.0.1:65535"}, 2, []string{"--listen must be 127.0.0.1:PORT"}},
		"a load of nothing":      {[]string{"load", "--requests", "0"}, 2, []string{"--requests must be at least 1"}},
		"no event":               {[]string{"send"}, 2, []string{"expected one event, got 0", "send --help"}},
		"two events":             {[]string{"send", "fulfilled", "timeout"}, 2, []string{"expected one event, got 2"}},
		"an unknown event":       {[]string{"send", "requested"}, 1, []string{"requested"}},
		"an unknown sample":      {[]string{"send", "nosuch"}, 1, []string{"nosuch: no such file", "no sample has this name: \"", "send --help\" lists the samples"}},
		"a misspelt sample":      {[]string{"send", "events/intake/hoox-export-compleetd.json"}, 1, []string{"hoox-export-compleetd.json: no such file", "did you mean hoox-export-completed? ", "send --help\" lists the samples"}},
		"a URL":                  {[]string{"send", "https://a.example/?X-Amz-Signature=" + secret}, 1, []string{"got a URL"}},
		"a file that is none":    {[]string{"send", file(`[]`)}, 1, []string{"destinations.json: not an event (expected a JSON object with topic"}},
		"nobody to send to":      {[]string{"send", "requested-exact"}, 1, []string{"no system is running", " up\" in another terminal"}},
		"nobody there any more":  {[]string{"send", "--local=" + file(`{"fulfillUrl":"http://127.0.0.1:1/","s3":{"endpoint":"http://127.0.0.1:1"},"dynamodb":{"endpoint":"http://127.0.0.1:1"}}`), "requested-exact"}, 1, []string{"no system is running", "127.0.0.1:1"}},
		"a line that is none":    {[]string{"send", "--local=" + file(`up`), "requested-exact"}, 1, []string{"destinations.json", "up --json"}},
		"missing destinations":   {[]string{"up", "--destinations", "none.json"}, 1, []string{"none.json", "no such file"}},
		"destinations: no JSON":  {[]string{"up", "--destinations", file(`[{"name":"a","secrets":["` + secret)}, 1, []string{"destinations.json: destinations: not a JSON list"}},
		"destinations: no list":  {[]string{"up", "--destinations", file(`{"name":"a"}`)}, 1, []string{"destinations.json", "JSON list"}},
		"destinations: nameless": {[]string{"up", "--destinations", file(`[{"secrets":["` + secret + `"]}]`)}, 1, []string{"[0].name"}},
		"destinations: all problems": {
			[]string{"up", "--json", "--destinations", file(`[{"name":"a","scheme":"sha1","secrets":["` + secret + `"]},{"name":"b","secrets":["short"]}]`)},
			1, []string{"[0].scheme", "[1].secrets"},
		},
		"missing senders":       {[]string{"up", "--senders", "none.json"}, 1, []string{"none.json", "no such file"}},
		"senders: no object":    {[]string{"up", "--senders", file(`["` + secret + `"]`)}, 1, []string{"destinations.json: senders: the secret is not a JSON object"}},
		"senders: short tokens": {[]string{"up", "--senders", file(`{"hoox":{"tokens":["` + secret[:9] + `"]}}`)}, 1, []string{"hoox: expected a token"}},
		"data that is a file":   {[]string{"up", "--data", file("")}, 1, []string{"destinations.json"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, bare(t), test.args...)
			if code := p.wait(t); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			said := p.stderr.String()
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("said %q, want %q in it", said, want)
				}
			}
			if out := p.stdout.String(); out != "" {
				t.Errorf("on standard output: %q", out)
			}
			if strings.Contains(said, secret) {
				t.Error("a secret was shown")
			}
			p.wantNothingLeft(t)
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{"up": "--listen", "demo": "--size", "send": "requested-exact", "load": "--faults"} {
		p := start(t, bare(t), command, "-h")
		if code := p.wait(t); code != 0 || !strings.Contains(p.stdout.String(), "Usage:\n  masterhand "+command) || !strings.Contains(p.stdout.String(), want) {
			t.Errorf("%s -h: exit code %d, printed %q", command, code, p.stdout)
		}
	}
}

func TestOutsideOfTheProject(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"up"}, {"demo"}, {"send", "requested-exact"}} {
		p := start(t, t.TempDir(), args...)
		if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), "not inside masterhand's folder") {
			t.Errorf("%v: exit code %d, said %q", args, code, p.stderr.String())
		}
	}
}

// If the npm packages are not installed, the error says how to install them.
func TestMissingNpmPackagesAreExplained(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	folder := t.TempDir()
	left := []string{".git", "node_modules", ".masterhand", "dist", "cdk.out"}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if slices.Contains(left, entry.Name()) {
			continue
		}
		if err := copyTo(filepath.Join(folder, entry.Name()), filepath.Join(root(t), entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, folder, "up", "--json")
	if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), `run "npm ci"`) {
		t.Errorf("exit code %d, said %q", code, p.stderr.String())
	}
	p.wantNothingLeft(t)
}

// copyTo copies the file or the folder from to the path to.
func copyTo(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}
