package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/masterhand/screen"
)

// here returns a function that runs a command on the simulated system env.
func here(t *testing.T, env *scenariotest.Env) func(o operator, args ...string) said {
	t.Helper()
	return hereOf(t, env, services.MastersBucket)
}

// hereOf is like the function here, but the commands use the given masters bucket.
func hereOf(t *testing.T, env *scenariotest.Env, bucket string) func(o operator, args ...string) said {
	t.Helper()
	to := filepath.Join(t.TempDir(), "up.json")
	writeLineOf(t, to, env, bucket, "")
	return func(o operator, args ...string) said {
		t.Helper()
		o.now, o.pause = time.Now, pause
		return o.run(t, load, append(args, "--local="+to)...)
	}
}

// folder makes a temporary folder with these files, and returns its path. The map holds each file's
// content by its path in the folder.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// files decodes the output of "upload --json", and returns the files by their paths.
func (s said) files(t *testing.T) map[string]file {
	t.Helper()
	found := map[string]file{}
	for line := range strings.Lines(s.out) {
		var f file
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v: %s", err, s.all())
		}
		found[f.Path] = f
	}
	return found
}

// large is the size in bytes of a file that is uploaded in parts.
const large = 20 << 20

func TestUpload(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code := here(t, env), scenariotest.NewCode()
	film, long := scenariotest.Film(t, 1<<10), scenariotest.Film(t, large)
	dir := folder(t, map[string][]byte{
		"v1/en/9x16.mp4": long, "v1/de/1x1.mov": film, "v1/de/again.mp4": film, "v1/9x16.mp4": film, "holiday.mp4": film,
		".DS_Store": film, "v1/fr/9x16.mp4": film[:len(film)/3], "v1/fr/text.mp4": []byte("text"), "v1/fr/empty.mp4": nil,
	})
	if err := os.Symlink(filepath.Join(dir, "holiday.mp4"), filepath.Join(dir, "v1/fr/link.mp4")); err != nil {
		t.Fatal(err)
	}
	up := []string{"upload", dir, "--under", code + "/"}

	plan := ops(operator{}, append(up, "--dry-run")...)
	plan.expect(t, 0, "KEY", code+"/v1/de/1x1.mov ", code+"-1 en video 9x16", code+"-1 - video 9x16", "without a locale the file answers no request",
		"the name says 1x1, but the pixels decide; the file's extension is mov", "answers the same requests as v1/de/1x1.mov",
		"4 files to upload", "0 already there, 6 left out", "not a media file", "truncated", "the file is empty", "a link", "hidden")
	ops(operator{}, append(up, "--dry-run", "--json")...).files(t)
	ops(operator{input: "yes\n"}, up...).expect(t, 1, "nothing was changed")
	if keys := listed(t, env, code); len(keys) != 0 {
		t.Errorf("uploaded unasked: %v", keys)
	}

	odd := folder(t, map[string][]byte{"HRT-1300 a.mp4": film, "HRT-1301 b.mp4": film, "HRT-1302-1.mp4": film})
	ops(operator{}, "upload", odd, "--dry-run").expect(t, 0, "2 left out", "no variation after HRT-1300", "Shapes of codes that the library could declare:", "HRT-####  3 ")
	ops(operator{}, "upload", odd, "--dry-run", "--json").files(t)
	ops(operator{input: "upload\n"}, up...).expect(t, 0, "uploaded "+scenariotest.StoryKey(code), "4 of 4 files uploaded")
	env.Known(t, scenariotest.Of(code), scenariotest.StoryKey(code), etag(t, env, scenariotest.StoryKey(code)))
	if got := object(t, env, scenariotest.StoryKey(code)); !bytes.Equal(got, long) {
		t.Errorf("%d bytes of %d, or others", len(got), len(long))
	}
	again := ops(operator{}, append(up, "--yes")...)
	again.expect(t, 0, "0 files to upload", "4 already there")
	again.quiet(t, "uploaded "+code)

	// The metadata of these objects lacks the SHA-256, as if another program had uploaded them. The
	// command recognises the same bytes by the checksum or by the MD5.
	env.Put(t, code+"/v1/9x16.mp4", film)
	if err := os.WriteFile(filepath.Join(dir, "v1/en/9x16.mp4"), scenariotest.Film(t, large), 0o600); err != nil {
		t.Fatal(err)
	}
	files := ops(operator{}, append(up, "--yes", "--json")...).files(t)
	if files["v1/en/9x16.mp4"].State != uploaded || files["v1/9x16.mp4"].State != there || files["v1/de/1x1.mov"].State != there {
		t.Errorf("%+v", files)
	}
	if f := files["v1/en/9x16.mp4"]; f.Code != code || f.Number != 1 || f.Locale != "en" || f.Aspect != "9x16" || f.Type != "mp4" || f.Key != scenariotest.StoryKey(code) {
		t.Errorf("%+v", f)
	}
	lookAround(t, env, ops, code)
}

// lookAround checks what the commands print about the present, missing and unplaced files of a code.
func lookAround(t *testing.T, env *scenariotest.Env, ops func(operator, ...string) said, code string) {
	t.Helper()
	wanted := scenariotest.Story(code)
	wanted.Aspect = "4x5"
	request := env.Request(t, env.Platform, wanted)
	env.Send(t, request.Event())
	if item := env.Ended(t, request); item.State != "skipped" {
		t.Fatalf("ended as %s", item.State)
	}
	scenariotest.Eventually(t, "the index lists all files", func(ctx context.Context) bool {
		doc, _, err := env.Index.Document(ctx, env.Library, scenariotest.Of(code))
		return err == nil && len(doc.Masters) == 4
	})
	ops(operator{}, "coverage", strings.ToLower(code)).expect(t, 0, "CREATIVE", code+"-1", "skip 1", "ok 2", "1 unclear", "1 requested and skipped",
		"the name says 1x1, but the pixels say 9x16, which decides: "+code+"/v1/de/1x1.mov")
	ops(operator{}, "coverage", code, "--csv", "--gaps").expect(t, 0, code+",1,en,video,4x5,missing,no_match:aspect,,0,1,1,")
	ops(operator{}, "coverage", code, "--json").expect(t, 0, `{"code":"`+code+`","variation":1,"locale":"en","cells":[`, `"state":"there"`)
	ops(operator{}, "coverage", "nobody").expect(t, 0, "no creative's code begins with nobody\n")
	svg := filepath.Join(t.TempDir(), "coverage.svg")
	ops(operator{}, "coverage", code, "--svg", svg).expect(t, 0, "library default", "written to "+svg+"\n")
	if drawn, err := os.ReadFile(svg); err != nil || !bytes.Contains(drawn, []byte("×1</text>")) {
		t.Errorf("%v: %s", err, drawn)
	}
	ops(operator{}, "coverage", "--svg", filepath.Join(svg, "no.svg")).expect(t, 1, filepath.Join(svg, "no.svg")+": not a directory")
	ops(operator{}, "requests").expect(t, 0, "skipped", "no_match:aspect", request.Slot.Code)
	ops(operator{}, "unplaced").expect(t, 0, "every file of library default is placed")
	env.Put(t, "holiday.mp4", scenariotest.Film(t, 1<<10))
	scenariotest.Eventually(t, "the file is listed as unplaced", func(context.Context) bool {
		return strings.Contains(ops(operator{}, "unplaced").out, "holiday.mp4  2")
	})
	ops(operator{}, "unplaced").expect(t, 0, "WHY", "no code found")
	ops(operator{}, "unplaced", "--json").expect(t, 0, `"key":"holiday.mp4"`, `"unplaced":"no code found`)
	ops(operator{}, "unplaced", "--library", "films").expect(t, 1, "configured: default")
}

// wire is an HTTP client that calls a function of the test before it sends a request.
type wire struct {
	// before is called before each request. If it returns an error, the request fails with that
	// error and is not sent.
	before func(*http.Request) error
}

// Do implements [aws.HTTPClient].
func (w wire) Do(r *http.Request) (*http.Response, error) {
	if err := w.before(r); err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}

// working returns a session on the simulated system env, and the session's output. The session
// sends its HTTP requests through w.
func working(t *testing.T, env *scenariotest.Env, w wire) (*session, *bytes.Buffer) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "up.json")
	writeLine(t, to, env, "")
	out := &bytes.Buffer{}
	s := &session{terminal: terminal{Screen: screen.Screen{Out: out}, in: bufio.NewReaderSize(strings.NewReader(""), maxLine), err: out}, now: time.Now, pause: pause, local: runningLocal}
	if err := s.openLocal(to); err != nil {
		t.Fatal(err)
	}
	s.aws.HTTPClient, s.aws.RetryMaxAttempts = w, 1
	return s, out
}

// "upload" first compares a file with its key's object. If another program then writes a new object
// to the key, the command does not replace that object.
func TestUploadNeverReplacesANewerObject(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	code := scenariotest.NewCode()
	dir := folder(t, map[string][]byte{scenariotest.StoryKey(code): scenariotest.Film(t, 1<<10)})
	s, out := working(t, env, wire{func(*http.Request) error { return nil }})
	o := uploadOptions{library: new(""), yes: true, parallel: 1}
	for name, size := range map[string]int{"whole": 2 << 10, "in parts": large} {
		if err := os.WriteFile(filepath.Join(dir, scenariotest.StoryKey(code)), scenariotest.Film(t, size), 0o600); err != nil {
			t.Fatal(err)
		}
		theirs, once := scenariotest.Film(t, 1<<10), false
		s.aws.HTTPClient = wire{func(r *http.Request) error {
			if r.Method != http.MethodHead && !once {
				once = true
				env.Put(t, scenariotest.StoryKey(code), theirs)
			}
			return nil
		}}
		if err := s.upload(t.Context(), dir, o); !errors.Is(err, errNotAll) || !strings.Contains(out.String(), "the object of this key was changed or created meanwhile") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if !bytes.Equal(object(t, env, scenariotest.StoryKey(code)), theirs) {
			t.Errorf("%s: the other's file was overwritten", name)
		}
		if left := unfinished(t, env, scenariotest.StoryKey(code)); len(left) != 0 {
			t.Errorf("%s: parts are left of %+v", name, left)
		}
	}
}

// If a file cannot be uploaded, the command still uploads the others.
func TestUploadContinuesAfterAFailedFile(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	code := scenariotest.NewCode()
	film := scenariotest.Film(t, 1<<10)
	dir := folder(t, map[string][]byte{code + "/v1/en/9x16.mp4": film, code + "/v1/de/9x16.mp4": film, code + "/v1/fr/9x16.mp4": film})
	s, out := working(t, env, wire{func(r *http.Request) error {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/en/") {
			return errors.New("no route to host")
		}
		return nil
	}})
	if err := s.upload(t.Context(), dir, uploadOptions{library: new(""), yes: true, parallel: 2}); !errors.Is(err, errNotAll) {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(out.String(), "2 of 3 files uploaded") || !strings.Contains(out.String(), "no route to host") || len(listed(t, env, code)) != 2 {
		t.Errorf("said\n%s", out)
	}
	for _, args := range [][]string{{"upload", filepath.Join(dir, "absent")}, {"upload", t.TempDir()}, {"upload", filepath.Join(dir, code, "v1/en/9x16.mp4")}} {
		here(t, env)(operator{}, args...).expect(t, 1, "masterhand upload: ")
	}
}

func listed(t *testing.T, env *scenariotest.Env, prefix string) (keys []string) {
	t.Helper()
	out, err := env.Clients().S3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new(services.MastersBucket), Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

func etag(t *testing.T, env *scenariotest.Env, key string) string {
	t.Helper()
	out, err := env.Clients().S3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: new(services.MastersBucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ETag
}

func object(t *testing.T, env *scenariotest.Env, key string) []byte {
	t.Helper()
	out, err := env.Clients().S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: new(services.MastersBucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	var content bytes.Buffer
	if _, err := content.ReadFrom(out.Body); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}
