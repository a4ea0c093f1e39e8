package process_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"masterhand/events"
	"masterhand/infra/local/scenario/announce"
)

// The command "send" can send every sample announcement with its file, and shows the correct result.
// It never shows a token.
func TestSendAnnouncements(t *testing.T) {
	t.Parallel()
	r := up(t)
	tokens, err := announce.LoadSecrets(r.Senders)
	if err != nil {
		t.Fatal(err)
	}
	const film = `: stored as unsorted/hoox/\S+\.mp4, \d+ bytes, sha256:[0-9a-f]{64}\ntags        none\nindex       received without coordinates: .*\n$`
	const build = `file        build: recorded\n$`
	told := map[string]string{
		"hoox-export-completed":       `job/run_\w+: video_export completed; events so far: 1\nfile        export` + film,
		"hoox-older-export-completed": `file        export` + film,
		"hoox-asset-completed":        `file        asset` + film,
		"streampixel-approved":        `build/upload_\w+: build.approved Approved; events so far: 1\n` + build,
		"streampixel-rejected":        build,
		"adreform-approved":           `: stored as proofs/adreform/\S+\.png, .*\ntags        none\nindex       in the folder proofs, which holds no masters\nfile        \S+: skipped, status\n`,
		"adreform-approved-stored":    `: stored as proofs/\w+-4x5\.png, \d+ bytes\ntags        none\nindex       in the folder proofs, which holds no masters\n$`,
	}
	for _, name := range events.AnnouncementNames() {
		sender, _, _ := strings.Cut(name, "-")
		want := `^event       events/intake/` + name + `\.json\nsent to     http://127\.0\.0\.1:\d+/` + sender + `/…\nanswer      200 \(\S+, attempt 1\)\ntimeline    ` + sender + ` [\s\S]*` + told[name]
		got := r.send(t, filepath.Join("events", "intake", name+".json"))
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("send %s printed\n%s", name, got)
		}
		if strings.Contains(got, tokens[sender].Tokens[0]) {
			t.Errorf("send %s printed a token", name)
		}
	}
	got := r.send(t, "--coordinates", "code=HRT-9&variation=2&locale=en&aspect=9x16", "--id", "seven", "hoox-export-completed")
	for _, want := range []string{
		"hoox job/run_seven: video_export completed; events so far: 1\n", ": stored as HRT-9/v2/en/9x16-",
		"tags        creative-aspect=9x16, creative-code=HRT-9, creative-locale=en, creative-variation=2\n", "index       HRT-9-2 en video 9x16, ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("with coordinates: %s, want %q in it", got, want)
		}
	}
	if got := r.send(t, "--id", "seven", "hoox-export-failed"); !strings.Contains(got, "video_export completed; events so far: 2\n") {
		t.Errorf("a failure after the completion: %s", got)
	}
	var result struct {
		Sender string
		Events int
		Files  []struct{ State, Key string }
	}
	if err := json.Unmarshal([]byte(r.send(t, "--json", "hoox-export-completed")), &result); err != nil ||
		result.Sender != "hoox" || result.Events != 1 || len(result.Files) != 1 || result.Files[0].State != "stored" || result.Files[0].Key == "" {
		t.Errorf("as JSON: %+v, %v", result, err)
	}
	r.end(t)
}

// "send" shows that an announcement with a wrong token or from an unknown sender was refused.
func TestSendShowsARefusedAnnouncement(t *testing.T) {
	t.Parallel()
	r := up(t)
	line := filepath.Join(t.TempDir(), "up.json")
	if err := os.WriteFile(line, []byte(r.line(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(t.TempDir(), "stranger.json")
	if err := os.WriteFile(stranger, []byte(`{"sender":"acme","body":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, root(t), "send", "--local="+line, stranger)
	if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), `sender without a token: "acme"`) {
		t.Errorf("an unknown sender: exit code %d, said %q", code, p.stderr)
	}
	secrets, err := announce.NewSecrets().Encode()
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "senders.json")
	if err := os.WriteFile(other, secrets, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(line, []byte(strings.ReplaceAll(r.line(t), r.Senders, other)), 0o600); err != nil {
		t.Fatal(err)
	}
	p = start(t, root(t), "send", "--local="+line, "streampixel-uploaded")
	if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), "answered with status 401, expected 2xx: streampixel gives up") {
		t.Errorf("a token of before: exit code %d, said %q", code, p.stderr)
	}
	r.end(t)
}
