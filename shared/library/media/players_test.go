package media_test

import (
	"encoding/json"
	"html"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tests below compare Probe with the players that truth.tsv names. They skip players that the
// machine cannot run.

func TestCasesAsFFprobeSeesThem(t *testing.T) {
	t.Parallel()
	need(t, "ffprobe")
	dir := t.TempDir()
	for _, k := range knownCases(t) {
		if !slices.Contains(k.players, "ffprobe") {
			continue
		}
		t.Run(k.file, func(t *testing.T) {
			seen := ffprobed(t, k.write(t, dir))
			if !alike(seen.Width, seen.Height, k.width, k.height) {
				t.Errorf("ffprobe shows %d x %d, want the proportions of %d x %d", seen.Width, seen.Height, k.width, k.height)
			}
		})
	}
}

func TestCasesAsChromiumShowsThem(t *testing.T) {
	t.Parallel()
	var asked []known
	var paths []string
	dir := t.TempDir()
	for _, k := range knownCases(t) {
		if slices.Contains(k.players, "Chromium") {
			asked = append(asked, k)
			paths = append(paths, k.write(t, dir))
		}
	}
	shown := inChromium(t, paths)
	if len(shown) != len(asked) {
		t.Fatalf("Chromium shows %d files of %d", len(shown), len(asked))
	}
	for i, k := range asked {
		if !alike(shown[i][0], shown[i][1], k.width, k.height) {
			t.Errorf("%s: Chromium shows %v, want the proportions of %d x %d", k.file, shown[i], k.width, k.height)
		}
	}
}

// alike reports whether the ratio of width to height is the same for w x h and wantW x wantH. It
// accepts a difference of up to 1.2 %, because players round.
func alike(w, h, wantW, wantH int) bool {
	return w > 0 && h > 0 && math.Abs(float64(w)/float64(h)/(float64(wantW)/float64(wantH))-1) < 0.012
}

// inChromium returns the width and height with which Chromium shows each file; 0 means that
// Chromium cannot show the file. It skips the test if Chromium is missing.
func inChromium(t *testing.T, paths []string) (shown [][2]int) {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			browser = found
			break
		}
	}
	if browser == "" {
		t.Skip("Chromium is not installed: nothing to compare with")
	}
	files := make([]string, len(paths))
	for i, path := range paths {
		files[i] = (&url.URL{Scheme: "file", Path: path}).String()
	}
	list, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(page, []byte(strings.Replace(chromiumPage, "FILES", string(list), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=60000", "--dump-dom", "file://"+page)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(out), "<pre>")
	text, _, _ = strings.Cut(text, "</pre>")
	for line := range strings.FieldsSeq(html.UnescapeString(text)) {
		w, h, _ := strings.Cut(line, "x")
		var sides [2]int
		sides[0], _ = strconv.Atoi(w)
		sides[1], _ = strconv.Atoi(h)
		shown = append(shown, sides)
	}
	return shown
}

// chromiumPage is a page that shows the files one after another. After that, the page contains the
// list of their widths and heights.
const chromiumPage = `<!doctype html><meta charset=utf-8><body><script>
const show = file => new Promise(done => {
  const still = /\.(jpg|png|webp|avif)$/.test(file);
  const e = document.createElement(still ? 'img' : 'video');
  e.onload = () => done(e.naturalWidth + 'x' + e.naturalHeight);
  e.onloadeddata = () => done(e.videoWidth + 'x' + e.videoHeight);
  e.onerror = () => done('0x0');
  setTimeout(() => done('0x0'), 5000);
  e.preload = 'auto';
  e.src = file;
  document.body.append(e);
});
(async () => {
  const sides = [];
  for (const file of FILES) sides.push(await show(file));
  const list = document.createElement('pre');
  list.textContent = sides.join('\n');
  document.body.replaceChildren(list);
})();
</script>`
