package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// tagsOf returns the tags of an object.
func tagsOf(t *testing.T, env *scenariotest.Env, key string) map[string]string {
	t.Helper()
	out, err := env.Clients().S3().GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: new(services.MastersBucket), Key: &key})
	if err != nil && strings.Contains(err.Error(), "NoSuchTagSet") {
		return map[string]string{}
	}
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for _, tag := range out.TagSet {
		tags[*tag.Key] = *tag.Value
	}
	return tags
}

// expectTags fails the test unless an object has exactly these tags.
func expectTags(t *testing.T, env *scenariotest.Env, key string, want map[string]string) {
	t.Helper()
	if got := tagsOf(t, env, key); !maps.Equal(got, want) {
		t.Errorf("%s has the tags %v, want %v", key, got, want)
	}
}

// listedUnplaced waits until the command "unplaced" lists exactly these keys, and returns the
// command's last output.
func listedUnplaced(t *testing.T, ops func(operator, ...string) said, keys ...string) (last said) {
	t.Helper()
	scenariotest.Eventually(t, "the keys are listed as unplaced", func(context.Context) bool {
		last = ops(operator{}, "unplaced")
		for _, key := range keys {
			if !strings.Contains(last.out, "\n"+key+" ") {
				return false
			}
		}
		return true
	})
	return last
}

// A request waits because of an unplaced file. After the operator places the file by tags, the
// request is delivered.
func TestPlaceMakesAnUnplacedFileAMaster(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code, film := here(t, env), scenariotest.NewCode(), scenariotest.Film(t, 1<<10)
	const key = "Summer final.mp4"
	env.PutLabelled(t, key, film, masters.Labels{Tags: map[string]string{"team": "A", "Creative-Locale": "de"}})
	hint := listedUnplaced(t, ops, key)
	hint.expect(t, 0, typed("place")+" --local=", " 'Summer final.mp4' CODE-N LOCALE\n", typed("ignore")+" --local=")

	plan := ops(operator{}, "place", key, code+"-1", "en", "--dry-run")
	plan.expect(t, 0, "code "+code+", variation 1\n", key+"  unplaced  "+code+"-1 en -  to tag\n", "1 file to tag, 0 already with these tags, 0 left alone")
	ops(operator{input: "yes\n"}, "place", key, code+"-1", "en").expect(t, 1, "nothing was changed")
	before := map[string]string{"team": "A", "Creative-Locale": "de"}
	expectTags(t, env, key, before)
	ops(operator{}, "place", key, "absent.mp4", code+"-1", "en", "--yes").expect(t, 1, "absent.mp4  ", "refused  the bucket has no such file", "1 file refused, so no tags were written")
	expectTags(t, env, key, before)

	ops(operator{input: "place\n"}, "place", key, code+"-1", "en").expect(t, 0, "tagged "+key)
	after := map[string]string{"team": "A", "creative-code": code, "creative-variation": "1", "creative-locale": "en"}
	expectTags(t, env, key, after)
	env.Known(t, scenariotest.Of(code), key, etag(t, env, key))
	request := env.Request(t, env.Platform, scenariotest.Story(code))
	env.Send(t, request.Event())
	env.Ended(t, request)
	env.Delivered(t, env.Platform, request, film)

	again := ops(operator{}, "place", key, code+"-1", "en", "--yes", "--json")
	var line tagging
	if err := json.Unmarshal([]byte(again.out), &line); err != nil || line.Key != key || line.State != hasTags || line.Code != code || line.Variation != 1 || !maps.Equal(line.Tags, after) {
		t.Errorf("%v: %s", err, again.all())
	}
	// If the command "place" gets no LOCALE and no ASPECT, it keeps the file's locale and aspect.
	ops(operator{}, "place", key, code+"-2", "--yes").expect(t, 0, code+"-1 en -", code+"-2 en -", "tagged")
	after["creative-variation"] = "2"
	expectTags(t, env, key, after)
}

func TestPlaceRefusesUnusableTags(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, film := here(t, env), scenariotest.Film(t, 1<<10)
	many := map[string]string{}
	for _, name := range strings.Fields("a b c d e f g h i") {
		many[name] = ""
	}
	env.PutLabelled(t, "many.mp4", film, masters.Labels{Tags: many})
	env.Put(t, "plain.mp4", film)
	env.Put(t, "empty.mp4", nil)
	for says, args := range map[string][]string{
		"an object has at most 10 tags, but this object would have 11: remove 1 tag first":          {"many.mp4", "HRT-1-1"},
		"an object has at most 10 tags, but this object would have 13: remove 3 tags first":         {"many.mp4", "HRT-1-1", "en", "9x16"},
		"at most 256 letters, digits, spaces and + - = . _ : / @ (creative-code would be \"HRT#\")": {"plain.mp4", "HRT#-1"},
		"tags cannot place this file: ": {"empty.mp4", "HRT-1-1"},
	} {
		ops(operator{}, append([]string{"place", "--yes"}, args...)...).expect(t, 1, says, "no tags were written")
	}
	expectTags(t, env, "many.mp4", many)
	expectTags(t, env, "plain.mp4", map[string]string{})
	env.PutLabelled(t, "many.mp4", film, masters.Labels{Tags: map[string]string{"a": "", "b": "", "c": "", "d": "", "e": "", "f": "", "g": "", "h": ""}})
	ops(operator{}, "place", "--yes", "many.mp4", "HRT-1-1").expect(t, 0, "tagged many.mp4")
}

// The command "place" does not tag a file that has changed since the command showed it. If the file
// changes while it is tagged, the command reports that.
func TestPlaceNoticesAChangedFile(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	const key = "film.mp4"
	client, bucket := env.Clients().S3(), new(services.MastersBucket)
	retag := func() {
		_, err := client.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: bucket, Key: new(key), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: new("by"), Value: new("others")}}}})
		if err != nil {
			t.Error(err)
		}
	}
	replace := func() { env.Put(t, key, scenariotest.Film(t, 2<<10)) }
	remove := func() {
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: new(key)}); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		heads  int // number of HeadObject calls after which the file changes
		happen func()
		want   string
		tags   map[string]string // tags that the object must have at the end
	}{
		"replaced before":   {1, replace, errOvertaken.Error(), map[string]string{}},
		"tagged before":     {1, retag, errOvertaken.Error(), map[string]string{"by": "others"}},
		"deleted before":    {1, remove, errOvertaken.Error(), nil},
		"replaced after":    {2, replace, errReplaced.Error(), map[string]string{}},
		"deleted after":     {2, remove, errReplaced.Error(), nil},
		"nothing happening": {9, nil, "tagged film.mp4", map[string]string{"creative-code": "HRT-1", "creative-variation": "1"}},
	} {
		env.Put(t, key, scenariotest.Film(t, 1<<10))
		heads := 0
		s, out := working(t, env, wire{})
		s.aws.HTTPClient = wire{func(r *http.Request) error {
			if r.Method == http.MethodHead {
				if heads++; heads == c.heads+1 {
					c.happen()
				}
			}
			return nil
		}}
		err := s.place(t.Context(), []string{key}, placing{creative: scenariotest.Of("HRT-1")}, "HRT-1-1", tagOptions{yes: true})
		if !strings.Contains(out.String(), c.want) || (err != nil) != (c.happen != nil) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if c.tags != nil {
			expectTags(t, env, key, c.tags)
		}
	}
}

func TestPlaceSuggestUsesOnlyObviousReadings(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, film := here(t, env), scenariotest.Film(t, 1<<10)
	env.PutLabelled(t, "HRT-1200 teaser.mp4", film, masters.Labels{Tags: map[string]string{"masterhand-ignore": "true"}})
	for _, key := range []string{"HRT-1300 teaser en.mp4", "HRT-1301 or HRT-1302.mp4", "holiday.mp4", "HRT-1304 teaser.mp4"} {
		env.Put(t, key, film)
	}
	env.Put(t, "HRT-1303 notes.bin", []byte("text"))
	env.PutLabelled(t, "HRT-1305 teaser.mp4", film, masters.Labels{Metadata: map[string]string{"creative-variation": "2"}})
	hint := listedUnplaced(t, ops, "HRT-1200 teaser.mp4", "HRT-1300 teaser en.mp4", "HRT-1301 or HRT-1302.mp4", "holiday.mp4", "HRT-1303 notes.bin", "HRT-1304 teaser.mp4", "HRT-1305 teaser.mp4")
	hint.expect(t, 0, " 'HRT-1300 teaser en.mp4' HRT-1300-1 en\n", typed("place --suggest"))

	plan := ops(operator{}, "place", "--suggest", "--dry-run")
	plan.expect(t, 0, "2 files to tag, 0 already with these tags, 5 left alone", "left alone  excluded by the tag masterhand-ignore=true",
		"HRT-1300 teaser en.mp4    unplaced  HRT-1300-1 en -  to tag", "left alone  two codes", "left alone  no code", "left alone  the file is neither video nor image",
		"left alone  its tags or metadata already state a creative")
	ops(operator{}, "place", "--suggest", "HRT-1304 teaser.mp4", "other.mp4", "--yes").expect(t, 0, "tagged HRT-1304 teaser.mp4", "1 left alone", "the index does not list the file as unplaced")
	expectTags(t, env, "HRT-1304 teaser.mp4", map[string]string{"creative-code": "HRT-1304", "creative-variation": "1"})
	expectTags(t, env, "HRT-1300 teaser en.mp4", map[string]string{})
	ops(operator{}, "place", "--suggest", "--yes").expect(t, 0, "tagged HRT-1300 teaser en.mp4")
	expectTags(t, env, "HRT-1300 teaser en.mp4", map[string]string{"creative-code": "HRT-1300", "creative-variation": "1", "creative-locale": "en"})
	env.Known(t, scenariotest.Of("HRT-1300"), "HRT-1300 teaser en.mp4", etag(t, env, "HRT-1300 teaser en.mp4"))
}

// A file that blocks a skip no longer does so after the command "ignore".
func TestAnIgnoredFileBlocksNoSkip(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, film := here(t, env), scenariotest.Film(t, 1<<10)
	const key, code = "Notes on HRT-1400.mp4", "HRT-1400"
	env.PutLabelled(t, key, film, masters.Labels{Tags: map[string]string{"team": "A"}})
	listedUnplaced(t, ops, key)
	request := env.Request(t, env.Platform, scenariotest.Story(code))
	env.Send(t, request.Event())
	scenariotest.Eventually(t, "the request is held by the file", func(context.Context) bool {
		item := env.Item(t, request)
		return item.State == ledger.Queued && strings.Contains(item.Detail, key)
	})

	ops(operator{input: "no\n"}, "ignore", key).expect(t, 1, "nothing was changed")
	ops(operator{input: "ignore\n"}, "ignore", key).expect(t, 0, key+"  unplaced  not a master  to tag", "tagged "+key)
	expectTags(t, env, key, map[string]string{"team": "A", "masterhand-ignore": "true"})
	if item := env.Ended(t, request); item.State != ledger.Skipped {
		t.Errorf("ended as %s: %s", item.State, item.Detail)
	}
	ops(operator{}, "ignore", key, "--yes").expect(t, 0, "0 files to tag, 1 already with these tags")
	ops(operator{}, "ignore", "--undo", key, "--yes").expect(t, 0, key+"  not a master  unplaced", "tagged "+key)
	expectTags(t, env, key, map[string]string{"team": "A"})

	// The command "ignore" can exclude a file that is placed. The command "place" makes an excluded
	// file a master again.
	ops(operator{}, "ignore", key, "--yes").expect(t, 0)
	ops(operator{}, "place", key, code+"-2", "en", "--yes").expect(t, 0, key+"  not a master  "+code+"-2 en -")
	expectTags(t, env, key, map[string]string{"team": "A", "creative-code": code, "creative-variation": "2", "creative-locale": "en"})
	ops(operator{}, "ignore", key, "--yes").expect(t, 0, code+"-2 en -  not a master")
	ops(operator{}, "ignore", "absent.mp4", "--yes").expect(t, 1, "the bucket has no such file")
}

// If a tag excludes the file that a request needs, the commands offer to remove the tag. They offer an
// upload for a file that does not exist.
func TestAdviceOffersToUndoAnExclusion(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code := here(t, env), scenariotest.NewCode()
	key := code + "/v1/en/9x16.mp4"
	env.PutLabelled(t, key, scenariotest.Film(t, 1<<10), masters.Labels{Tags: map[string]string{"masterhand-ignore": "true"}})
	listedUnplaced(t, ops, key)
	undo, put := " "+key+"   (to use this file again)", "put  "+key
	ops(operator{}, "explain", code+"-1", "de", "video", "9x16").expect(t, 0, "absent no_match", "put  "+code+"/v1/de/9x16.mp4")
	request := env.Request(t, env.Platform, scenariotest.Story(code))
	env.Send(t, request.Event())
	item := env.Ended(t, request)
	for _, args := range [][]string{{"explain", code + "-1", "en", "video", "9x16"}, {"requests", code}, {"trace", item.ID[len("req#"):][:8]}} {
		got := ops(operator{}, args...)
		got.expect(t, 0, typed("ignore --undo"), undo)
		got.quiet(t, put)
	}
	ops(operator{}, "coverage", "--gaps", code).expect(t, 0, "  undo  "+key, typed("ignore --undo"))
}
