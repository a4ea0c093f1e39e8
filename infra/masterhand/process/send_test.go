package process_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"masterhand/events"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
)

// file returns the path of a file that contains the JSON line with which "up --json" describes the
// system.
func (r *site) file(t *testing.T) string {
	t.Helper()
	line := filepath.Join(t.TempDir(), "up.json")
	if err := os.WriteFile(line, []byte(r.line(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	return line
}

// send runs the command "send" on the system, and returns its output.
func (r *site) send(t *testing.T, args ...string) string {
	t.Helper()
	p := start(t, root(t), append([]string{"send", "--local=" + r.file(t)}, args...)...)
	if code := p.wait(t); code != 0 {
		t.Errorf("send %v: exit code %d, said %q", args, code, p.stderr)
	}
	return p.stdout.String()
}

// The command "send" can send every sample event, and shows the correct outcome.
func TestSendSamples(t *testing.T) {
	t.Parallel()
	r := up(t)
	r.samples(t)
	const nothing = `\ncallback    none\nuploaded    nothing\n$`
	told := map[string]string{
		"requested-exact":      `\nanswer      200 \{"outcome":"delivered"\} .*\ncallback    \{"storageKey":"[^"]+","extension":"mp4","contentHash":"sha256:([0-9a-f]{64})"\}\nuploaded    \d+ bytes, video/mp4, sha256:[0-9a-f]{64}\n$`,
		"requested-feed":       `delivered.*\n.*"aspectRatio":"4x5".*\n.* video/mp4, `,
		"requested-image":      `delivered.*\n.*"extension":"jpg".*\n.* image/jpeg, `,
		"requested-story-reel": `delivered.*\n.*"aspectRatio":"9x16".*\n.* video/mp4, `,
		"malformed":            `\nanswer      200 \{"outcome":"malformed"\} .*\nbecause     malformed event: creative.variation: .*` + nothing,
		"fulfilled":            `\nanswer      200 \{"outcome":"(unknown"\} .*\nbecause     .*|recorded"\} .*)\ncallback    none\n`,
		"rejected":             `\nanswer      200 \{"outcome":"(unknown"\} .*\nbecause     .*|recorded"\} .*)\ncallback    none\n`,
		"timeout":              `\nanswer      200 \{"outcome":"(unknown"\} .*\nbecause     .*|recorded"\} .*)\ncallback    none\n`,
	}
	names := events.Names()
	// Send the events "requested…" first, because masterhand no longer delivers a master after the
	// platform has rejected it with the event "rejected".
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(strings.TrimPrefix(a, "requested"), strings.TrimPrefix(b, "requested"))
	})
	for _, name := range names {
		want, known := told[name]
		if !known {
			t.Errorf("sample %s is not tested", name)
			continue
		}
		if got := r.send(t, name); !strings.HasPrefix(got, "event       "+name+"\n") || !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("send %s printed\n%s", name, got)
		}
	}
	if got := r.send(t, filepath.Join("events", "requested-image.json")); !strings.Contains(got, "delivered") {
		t.Errorf("sent from its file: %s", got)
	}
	if got := r.send(t, "--life=-1m", "requested-feed"); !strings.Contains(got, `{"outcome":"expired"}`) {
		t.Errorf("sent expired: %s", got)
	}
	for _, destination := range []string{"outpost-timestamped", "standard"} {
		if got := r.send(t, "--destination", destination, "requested-image"); !strings.Contains(got, "delivered") {
			t.Errorf("signed as %s: %s", destination, got)
		}
	}
	var result struct {
		Event  string
		Status int
		Answer struct{ Outcome string }
		Upload struct {
			Size int64 `json:"size_bytes"`
		}
	}
	if err := json.Unmarshal([]byte(r.send(t, "--json", "requested-image")), &result); err != nil || result.Event != "requested-image" ||
		result.Status != 200 || result.Answer.Outcome != "delivered" || result.Upload.Size == 0 {
		t.Errorf("as JSON: %+v, %v", result, err)
	}
	r.end(t)
}

// Without --local, "send" uses the system that was started last in this folder. After that system
// has ended, "send" fails. This test must not run in parallel, because other tests start systems in
// the same folder.
func TestSendFindsTheSystem(t *testing.T) {
	r := up(t)
	p := start(t, root(t), "send", "requested-exact")
	if code := p.wait(t); code != 0 || !strings.Contains(p.stdout.String(), `{"outcome":"delivered"}`) {
		t.Errorf("exit code %d, printed %q, said %q", code, p.stdout, p.stderr)
	}
	r.end(t)
	p = start(t, root(t), "send", "requested-exact")
	if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), "no system is running") {
		t.Errorf("after the end: exit code %d, said %q", code, p.stderr)
	}
}

// After a second signal, "up" ends at once, without waiting for the requests in flight.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	r := up(t)
	r.samples(t)
	far := r.platform(t)
	made := request(t, far, adplatform.Options{})
	far.Storage.Faults.Next(1, made.StorageKey, fault.StallAt(32<<10))
	answered := r.sendInFlight(t, far, made)
	family := r.family(t)
	r.signal(t, syscall.SIGTERM)
	r.said(t, "stopping")
	r.signal(t, syscall.SIGTERM)
	if code := r.wait(t); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	wantGone(t, family)
	if result := <-answered; result.Err == nil {
		t.Errorf("answer %d %s, want none", result.Status, result.Body)
	}
}
