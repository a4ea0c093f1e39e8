package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// freshBucket is the name of the new, empty bucket of a deployment that lost its setting
// mastersBucket.
const freshBucket = "fresh"

// makeFresh makes the bucket freshBucket with the same properties as the stack's bucket.
func makeFresh(t *testing.T, env *scenariotest.Env) {
	t.Helper()
	client := env.Clients().S3()
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new(freshBucket)})
	if err == nil {
		_, err = client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket: new(freshBucket), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// putFresh puts a file into the bucket freshBucket.
func putFresh(t *testing.T, env *scenariotest.Env, key string, data []byte) {
	t.Helper()
	_, err := env.Clients().S3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: new(freshBucket), Key: &key, Body: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
}

// heldFor sends a request for a code while the index still describes the lost bucket. It fails the
// test unless the request waits because of the lost bucket, and then expires without an upload and
// without a callback.
func heldFor(t *testing.T, env *scenariotest.Env, code string) {
	t.Helper()
	request, err := env.NewRequest(env.Platform, scenariotest.Story(code), adplatform.Options{ExpiresAt: time.Now().Add(20 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	scenariotest.Answers(t, env.Send(t, request.Event()), 202, "accepted")
	const why = "is of bucket masters, but the settings name bucket fresh"
	if item := env.Item(t, request); item.State.Ended() || !strings.Contains(item.Detail, why) {
		t.Errorf("%s: %s, %s: %s", code, item.State, item.Code, item.Detail)
	}
	if item := env.Ended(t, request); item.State != ledger.Expired {
		t.Errorf("%s ended as %s, %s: %s", code, item.State, item.Code, item.Detail)
	}
	scenariotest.Report(t, env.Look(t, env.Platform, request).Untouched())
}

// A deployment loses its setting mastersBucket, so a new, empty bucket replaces the masters bucket
// while the index still has documents. No request is skipped, and the index keeps its documents.
// The command reindex names the problem and the command to type. After the operator confirms, the
// reindex ends the wait.
func TestLosingTheMastersBucketSkipsAndEmptiesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	films, replaced, copied := scenariotest.NewCode(), scenariotest.NewCode(), scenariotest.NewCode()
	var film []byte
	t.Run("before", func(t *testing.T) {
		env := scenariotest.StartIn(t, folder, system.Config{})
		for _, code := range []string{films, replaced} {
			env.Master(t, code, 1<<10)
		}
		film = env.Master(t, copied, 1<<10)
		here(t, env)(operator{}, "reindex", "--every", "100ms").expect(t, 0, "completely indexed in")
	})
	env := scenariotest.StartIn(t, folder, system.Config{
		Environment: map[string]string{names.MastersBucket: freshBucket}, LookAfter: 100 * time.Millisecond,
	})
	makeFresh(t, env)
	ops := hereOf(t, env, freshBucket)
	scenariotest.Eventually(t, "index looks after the library", func(context.Context) bool {
		state, _, err := env.Index.State(t.Context(), env.Library)
		return err == nil && !state.Built
	})
	ops(operator{}, "reindex", "--status").expect(t, 1, "the index of library default is of bucket masters, but the settings name bucket fresh",
		"no request is skipped", "correct the settings and deploy again", `run "`+typed("reindex")+" --local=")

	putFresh(t, env, scenariotest.StoryKey(replaced), scenariotest.Film(t, 2<<10))
	putFresh(t, env, scenariotest.StoryKey(copied), film)
	t.Run("held", func(t *testing.T) {
		for _, code := range []string{films, replaced, scenariotest.NewCode()} {
			t.Run(code, func(t *testing.T) {
				t.Parallel()
				heldFor(t, env, code)
			})
		}
	})
	request := env.Request(t, env.Platform, scenariotest.Story(copied))
	scenariotest.Answers(t, env.Send(t, request.Event()), 200, "delivered")
	env.Delivered(t, env.Platform, request, film)
	for _, code := range []string{films, replaced, copied} {
		if doc, _, err := env.Index.Document(t.Context(), env.Library, scenariotest.Of(code)); err != nil || doc.Find(scenariotest.StoryKey(code)) == nil {
			t.Errorf("the document of %s was emptied: %+v, %v", code, doc, err)
		}
	}

	ops(operator{input: "yes\n"}, "reindex").expect(t, 1, "settings name bucket fresh; 1 of 3 creatives would lose all their files", "nothing was changed")
	ops(operator{}, "reindex", "--json").expect(t, 2, "--json asks no questions")
	ops(operator{}, "reindex", "--status", "--yes").expect(t, 2, "--status starts no run")
	ops(operator{}, "reindex", "--status").expect(t, 1, "is of bucket masters")
	ops(operator{input: "default\n"}, "reindex", "--every", "100ms").expect(t, 0, "Type \"default\" to confirm", "completely indexed in")
	ops(operator{}, "reindex", "--status").expect(t, 0, "completely indexed in")
	gone := env.Request(t, env.Platform, scenariotest.Story(films))
	scenariotest.Answers(t, env.Send(t, gone.Event()), 200, "skipped")
}

// The function index starts a reindex by itself, and stops it if the new rules would empty most
// documents. The operator can then confirm the reindex; a script can do so with --yes.
func TestAStoppedReindexNeedsAConfirmation(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{LookAfter: 100 * time.Millisecond})
	ops, code := here(t, env), scenariotest.NewCode()
	env.Master(t, code, 1<<10)
	for _, gone := range []string{scenariotest.NewCode(), scenariotest.NewCode()} {
		doc := masters.NewDocument(scenariotest.Of(gone)).Put(masters.Master{Key: scenariotest.StoryKey(gone), ETag: `"1"`})
		if err := env.Index.SaveDocument(t.Context(), env.Library, doc, ""); err != nil {
			t.Fatal(err)
		}
	}
	state, revision, err := env.Index.State(t.Context(), env.Library)
	if err == nil {
		state.Rules = "by other rules"
		err = env.Index.SaveState(t.Context(), env.Library, state, revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	scenariotest.Eventually(t, "the run stops", func(context.Context) bool {
		return strings.Contains(ops(operator{}, "reindex", "--status").all(), "2 of 3 creatives would lose all their files")
	})
	ops(operator{}, "reindex", "--status").expect(t, 1, "is unchanged", "no request is skipped", `run "`+typed("reindex")+" --local=")
	ops(operator{}, "reindex").expect(t, 1, "2 of 3 creatives would lose all their files", "nothing was changed")
	ops(operator{}, "reindex", "--every", "100ms", "--yes").expect(t, 0, "2 of 3 creatives would lose all their files", "completely indexed in")
}
