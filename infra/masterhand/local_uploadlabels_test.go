package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/masters"
)

// rewrite writes a file of a folder again, with other bytes of this size.
func rewrite(t *testing.T, dir, key string, size int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(key)), scenariotest.Film(t, size), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A file that replaces an object keeps the tags and the metadata that place the object, and the plan
// shows that place. A file without labels is placed by its name.
func TestUploadKeepsTheLabelsOfTheObjectThatItReplaces(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code := here(t, env), scenariotest.NewCode()
	moved, excluded, plain := code+"-1_de_3x4.mp4", code+"-2_de.mp4", code+"-3_de.mp4"
	tags := map[string]string{"creative-locale": "fr", "Team": "A b+c=ä/1", scanTag: "NO_THREATS_FOUND"}
	kept := map[string]string{"creative-locale": "fr", "Team": "A b+c=ä/1"}
	for name, size := range map[string]int{"whole": 1 << 10, "in parts": large} {
		old := scenariotest.Film(t, 64<<10)
		env.PutLabelled(t, moved, old, masters.Labels{Tags: tags, Metadata: map[string]string{"creative-code": code, "creative-variation": "7", "origin": "ftp"}})
		env.PutLabelled(t, excluded, old, masters.Labels{Tags: map[string]string{masters.LabelIgnore: "true"}})
		env.Put(t, plain, old)
		dir := folder(t, nil)
		for _, key := range []string{moved, excluded, plain} {
			rewrite(t, dir, key, size)
		}
		ops(operator{}, "upload", dir, "--yes").expect(t, 0, moved+"  "+code+"-7 fr video ", "replaces  placed by the object's tags or metadata; the name says "+code+"-1 de",
			excluded+"      not a master ", "replaces  excluded by the tag masterhand-ignore=true", plain+"      "+code+"-3 de video ",
			"3 files to upload", typed("ignore --undo")+" --local=", " "+excluded+"\n", "3 of 3 files uploaded", "1 of these files became no master")
		expectTags(t, env, moved, kept)
		expectTags(t, env, excluded, map[string]string{masters.LabelIgnore: "true"})
		expectTags(t, env, plain, map[string]string{})
		head, err := env.Clients().S3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: new(services.MastersBucket), Key: &moved})
		if err != nil || *head.ContentLength == int64(len(old)) {
			t.Fatalf("%s: %v; the file was not replaced", name, err)
		}
		if m := head.Metadata; m["creative-code"] != code || m["creative-variation"] != "7" || m[labelSHA256] == "" || m["origin"] != "" {
			t.Errorf("%s: the metadata is %v", name, m)
		}
		again := ops(operator{}, "upload", dir, "--dry-run")
		again.expect(t, 0, "0 files to upload", moved+"  "+code+"-7 fr video ")
	}
}

// A file that the bucket already has is shown with the place that the object's labels state. If a tag
// excludes the file, the command prints how to remove the tag.
func TestUploadShowsThePlaceOfAFileThatIsThere(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code := here(t, env), scenariotest.NewCode()
	film := scenariotest.Film(t, 1<<10)
	excluded, moved, unusable, plain := code+"-1_de.mp4", code+"-2_de.mp4", code+"-3_de.mp4", code+"-2_fr.mp4"
	dir := folder(t, map[string][]byte{excluded: film, moved: film, unusable: film, plain: film})
	env.PutLabelled(t, moved, film, masters.Labels{Tags: map[string]string{"Creative-Locale": "fr"}})
	env.PutLabelled(t, unusable, film, masters.Labels{Tags: map[string]string{"creative-code": code}})
	env.Put(t, plain, film)
	env.Put(t, excluded, film)
	ops(operator{}, "upload", dir, "--yes").quiet(t, "excluded")
	ops(operator{}, "ignore", excluded, "--yes").expect(t, 0)
	ops(operator{}, "upload", dir, "--yes").expect(t, 0, "0 files to upload", "4 already there",
		excluded+"  not a master ", "there  excluded by the tag masterhand-ignore=true",
		"A tag excludes 1 file from the masters", typed("ignore --undo")+" --local=", " "+excluded+"\n",
		moved+"  "+code+"-2 fr video ", "there  placed by the object's tags or metadata; the name says "+code+"-2 de",
		"answers the same requests as "+moved, unusable+"  unplaced ", "there  labels: only one of", plain+"  "+code+"-2 fr video ")
	f := ops(operator{}, "upload", dir, "--yes", "--json").files(t)[excluded]
	if f.State != there || f.Code != "" || !strings.Contains(f.Note, masters.LabelIgnore) {
		t.Errorf("%+v", f)
	}
	ops(operator{}, "ignore", "--undo", excluded, "--yes").expect(t, 0)
	ops(operator{}, "upload", dir, "--yes").expect(t, 0, excluded+"  "+code+"-1 de video ")
}

// If the object's tags change after the command showed the file's place, the file is not uploaded.
func TestUploadRefusesAnObjectWhoseTagsChanged(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	key := scenariotest.StoryKey(scenariotest.NewCode())
	for name, size := range map[string]int{"whole": 1 << 10, "in parts": large} {
		old := scenariotest.Film(t, 64<<10)
		env.Put(t, key, old)
		dir := folder(t, map[string][]byte{key: scenariotest.Film(t, size)})
		reads := 0
		s, out := working(t, env, wire{func(r *http.Request) error {
			if r.Method == http.MethodGet && r.URL.Query().Has("tagging") {
				if reads++; reads == 2 {
					_, err := env.Clients().S3().PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: new(services.MastersBucket), Key: &key,
						Tagging: &types.Tagging{TagSet: []types.Tag{{Key: new(masters.LabelLocale), Value: new("fr")}}}})
					return err
				}
			}
			return nil
		}})
		err := s.upload(t.Context(), dir, uploadOptions{library: new(""), yes: true, parallel: 1})
		if !errors.Is(err, errNotAll) || !strings.Contains(out.String(), errRetagged.Error()) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		expectTags(t, env, key, map[string]string{masters.LabelLocale: "fr"})
		if !bytes.Equal(object(t, env, key), old) {
			t.Errorf("%s: the object was replaced", name)
		}
		if left := unfinished(t, env, key); len(left) != 0 {
			t.Errorf("%s: parts are left of %+v", name, left)
		}
	}
}

// The labels of an incomplete upload cannot be read. So an upload that carries labels leaves no parts
// for a later command, and a continued upload never brings tags.
func TestUploadNeverContinuesWithOldLabels(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	key := scenariotest.StoryKey(scenariotest.NewCode())
	long := scenariotest.Film(t, 2*partSize+1000)
	dir := folder(t, map[string][]byte{key: long})
	o := uploadOptions{library: new(""), yes: true, parallel: 1}
	labels := masters.Labels{Tags: map[string]string{masters.LabelLocale: "fr"}}
	env.PutLabelled(t, key, scenariotest.Film(t, 1<<10), labels)
	broken := func(r *http.Request) error {
		if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") { // all parts are uploaded
			return errors.New("no route to host")
		}
		return nil
	}
	s, out := working(t, env, wire{broken})
	if err := s.upload(t.Context(), dir, o); !errors.Is(err, errNotAll) {
		t.Fatalf("ended with %v\n%s", err, out)
	}
	if left := unfinished(t, env, key); len(left) != 0 {
		t.Errorf("parts with old labels are left: %+v", left)
	}

	// An upload with tags is left behind, as if the command had been killed, and the object has lost
	// its tags since then.
	s, _ = working(t, env, wire{func(r *http.Request) error {
		if r.Method == http.MethodDelete {
			return errors.New("killed")
		}
		return broken(r)
	}})
	s.pause = func(_ context.Context, _ time.Duration) error { return context.DeadlineExceeded }
	if err := s.upload(t.Context(), dir, o); !errors.Is(err, errNotAll) || len(unfinished(t, env, key)) != 1 {
		t.Fatalf("ended with %v", err)
	}
	env.Put(t, key, scenariotest.Film(t, 1<<10))
	s, out = working(t, env, wire{func(*http.Request) error { return nil }})
	if err := s.upload(t.Context(), dir, o); err != nil || !strings.Contains(out.String(), "an earlier run had uploaded") {
		t.Fatalf("continuing: %v\n%s", err, out)
	}
	expectTags(t, env, key, map[string]string{})
}
