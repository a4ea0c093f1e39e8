package main

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/masters"
)

// lose empties a creative's document in the index, as if the events of its masters had been lost.
func lose(t *testing.T, env *scenariotest.Env, code string) {
	t.Helper()
	_, revision, err := env.Index.Document(t.Context(), env.Library, scenariotest.Of(code))
	if err == nil {
		err = env.Index.SaveDocument(t.Context(), env.Library, masters.NewDocument(scenariotest.Of(code)), revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestReindex(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops := here(t, env)
	code, beside := scenariotest.NewCode(), scenariotest.NewCode()
	env.Master(t, code, 1<<10)
	env.Put(t, beside+" holiday.mp4", scenariotest.Film(t, 1<<10))
	lose(t, env, code)
	ops(operator{}, "explain", code+"-1", "en", "video", "9x16").expect(t, 0, "lists no file")

	ops(operator{}, "reindex", "--status").expect(t, 0, "default is completely indexed; it was empty")
	ops(operator{}, "reindex", "--status", "--json").expect(t, 0, `{"phase":"finished",`)
	ops(operator{}, "reindex", "--every", "100ms").expect(t, 0, "LIBRARY default", "placed", "unplaced", "completely indexed in")
	ops(operator{}, "explain", code+"-1", "en", "video", "9x16").expect(t, 0, "deliver "+scenariotest.StoryKey(code))
	ops(operator{}, "reindex", "--dry-run").expect(t, 0, "THE NEW RULES", "newly place      0", "no longer place  0", "move             0")
	ops(operator{}, "reindex", "--dry-run", "--json").expect(t, 0, `{"keys":2,"newlyPlaced":{"keys":0},`)
	state, revision, err := env.Index.State(t.Context(), env.Library)
	if err != nil {
		t.Fatal(err)
	}
	state.Rules = "5" // the version of the rules that an older version of masterhand stored
	if err := env.Index.SaveState(t.Context(), env.Library, state, revision); err != nil {
		t.Fatal(err)
	}
	lose(t, env, code)
	ops(operator{}, "reindex", "--every", "100ms").expect(t, 0, "newly place      1", scenariotest.StoryKey(code)+" at "+code+"-1 en", "completely indexed in")
	last := ops(operator{}, "reindex", "--every", "100ms", "--json", "--restart")
	last.expect(t, 0, `"phase":"finished"`)
	for line := range strings.Lines(last.out) {
		var l look
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	ops(operator{}, "reindex", "--status").expect(t, 0, "LIBRARY default", "completely indexed in")
	ops(operator{}, "reindex", "--status", "--json").expect(t, 0, `"phase":"finished"`)
	ops(operator{}, "reindex", "--status", "--restart").expect(t, 2, "--status starts no run")
	ops(operator{}, "reindex", "now").expect(t, 2, "expected no arguments")
	ops(operator{}, "reindex", "--library", "films").expect(t, 1, "configured: default")
}

// report puts an S3 Inventory report that lists these keys into a bucket, and returns the URL of
// its manifest.
func report(t *testing.T, env *scenariotest.Env, bucket string, keys ...string) string {
	t.Helper()
	var rows bytes.Buffer
	w := gzip.NewWriter(&rows)
	for _, key := range keys {
		fmt.Fprintf(w, "%q,%q,\"true\",\"false\"\n", bucket, url.QueryEscape(key))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	manifest := fmt.Sprintf(`{"sourceBucket":%q,"fileFormat":"CSV","fileSchema":"Bucket, Key, IsLatest, IsDeleteMarker","creationTimestamp":"1763683200000",
		"files":[{"key":"report/1.csv.gz","size":%d,"MD5checksum":"%x"}]}`, bucket, rows.Len(), md5.Sum(rows.Bytes()))
	for key, body := range map[string][]byte{"report/1.csv.gz": rows.Bytes(), "report/" + bucket + "/manifest.json": []byte(manifest)} {
		in := &s3.PutObjectInput{Bucket: new(services.PlatformBucket), Key: &key, Body: bytes.NewReader(body)}
		if _, err := env.Clients().S3().PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	return "s3://" + services.PlatformBucket + "/report/" + bucket + "/manifest.json"
}

func TestReindexByInventory(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code := here(t, env), scenariotest.NewCode()
	env.Master(t, code, 1<<10)
	lose(t, env, code)
	ops(operator{}, "reindex", "--status").expect(t, 0, "completely indexed; it was empty at the start")
	left := scenariotest.NewCode() // code of a master that the inventory report does not list
	env.Master(t, left, 1<<10)
	lose(t, env, left)
	manifest := report(t, env, services.MastersBucket, scenariotest.StoryKey(code), "gone/meanwhile ä+%.mp4")
	ops(operator{}, "reindex", "--every", "100ms", "--inventory", manifest).expect(t, 0, "the report was made 2025-11-21", "2 keys sent", "completely indexed in")
	ops(operator{}, "explain", code+"-1", "en", "video", "9x16").expect(t, 0, "deliver "+scenariotest.StoryKey(code))
	ops(operator{}, "reindex", "--status").expect(t, 0, "in the report and in the bucket")

	other := report(t, env, "another", "a.mp4")
	ops(operator{}, "reindex", "--inventory", other).expect(t, 1, "of another bucket")
	ops(operator{}, "reindex", "--inventory", "s3://nowhere").expect(t, 2, "must be a URL such as s3://")
	ops(operator{}, "reindex", "--inventory", "s3://"+services.PlatformBucket+"/absent/manifest.json").expect(t, 1, "reading the report's manifest")
}
