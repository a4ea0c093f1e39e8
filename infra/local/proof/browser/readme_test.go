package browser_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterhand/events"
	"masterhand/infra/local/sim/servicestest"
)

// readme is the folder for the README's screenshots; "" means that no screenshot is taken.
var readme = flag.String("readme", "", "write the README's pictures into this `folder`")

// TestPicturesForTheReadme takes the README's screenshots of the page. It first sends requests for
// some of the sample masters and for two masters that do not exist.
func TestPicturesForTheReadme(t *testing.T) {
	if *readme == "" {
		t.Skip("only with -readme FOLDER")
	}
	servicestest.Root(t)
	s, end, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	sent := []string{lacking(t, "HRT-1212", "fr"), lacking(t, "HRT-2040", "en")}
	sent = append(sent, "hoox-export-completed", "requested-story-reel", "requested-image", "requested-feed", "requested-exact")
	for _, event := range sent {
		if out, err := exec.Command(s.program, "send", event, "--local="+s.line).CombinedOutput(); err != nil {
			t.Fatalf("send %s: %v\n%s", event, err, out)
		}
	}
	b := open(t, s.PageURL)
	for _, theme := range []string{"light", "dark"} {
		b.look(1280, theme)
		png := result(b, chromedp.FullScreenshot(100))
		if err := os.WriteFile(filepath.Join(*readme, "page-"+theme+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b.quiet()
}

// lacking writes the sample request to a file and returns the file's path. In the request, the
// code or the locale is replaced by one for which no master exists.
func lacking(t *testing.T, code, locale string) string {
	t.Helper()
	event, _, err := events.Read("requested-exact")
	if err != nil {
		t.Fatal(err)
	}
	data := strings.Replace(string(event.Data), `"HRT-1212"`, `"`+code+`"`, 1)
	event.Data = json.RawMessage(strings.Replace(data, `"en"`, `"`+locale+`"`, 1))
	text, err := json.Marshal(event)
	path := filepath.Join(t.TempDir(), code+"-"+locale+".json")
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
