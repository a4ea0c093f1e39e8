package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"masterhand/infra/local/running"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/kit/secret/secretsource"
)

// TestCommandsOnALocalSystem runs the commands against a whole system on this machine.
func TestCommandsOnALocalSystem(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	folder := t.TempDir()
	destinations := filepath.Join(folder, "destinations.json")
	list, err := secretsource.Source{Client: env.Clients().SecretsManager(), SecretID: services.Secret}.Load(t.Context())
	if err == nil {
		err = os.WriteFile(destinations, list, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(folder, "up.json")
	writeLine(t, to, env, destinations)
	ops := func(o operator, args ...string) said {
		o.now = time.Now
		if o.pause == nil {
			o.pause = pause
		}
		return o.run(t, load, append(args, "--local="+to)...)
	}

	ops(operator{}, "url").expect(t, 0, env.FulfillURL)
	code := scenariotest.NewCode()
	env.Master(t, code, 1<<10)
	ops(operator{}, "explain", code+"-1", "en", "video", "9x16").expect(t, 0, "deliver "+scenariotest.StoryKey(code), "360x640", "name", "chosen")
	ops(operator{}, "explain", code+"-1", "de", "video", "1x1").expect(t, 0, "absent no_match:", "dropped: other_")
	ops(operator{}, "explain", code+"-2", "en", "video", "9x16").expect(t, 0, "the index lists no file of "+code+"-2")
	ops(operator{}, "explain", code+"-1", "en", "video", "9x16", "--library", "films").expect(t, 1, "configured: default")
	var e explanation
	if err := json.Unmarshal([]byte(ops(operator{}, "explain", "--json", code+"-1", "en", "video", "9x16").out), &e); err != nil || e.Key != scenariotest.StoryKey(code) || len(e.Candidates) != 1 {
		t.Errorf("%+v, %v", e, err)
	}

	request := env.Request(t, env.Platform, scenariotest.Story(code))
	env.Send(t, request.Event())
	item := env.Ended(t, request)
	today := []string{"requests", "--day", item.ReceivedAt.UTC().Format(time.DateOnly)}
	ops(operator{}, today...).expect(t, 0, "delivered", code+"-1 ", " en video 9x16 ", scenariotest.StoryKey(code))
	ops(operator{}, append(today, "--outcome", "failed")...).expect(t, 0, "no matching requests")
	ops(operator{}, append(today, code+"-1")...).expect(t, 0, "delivered")
	ops(operator{}, "requests", "--since", "1h", strings.ToLower(code[:len(code)-1])).expect(t, 0, "delivered")
	ops(operator{}, "requests", code+"-2").expect(t, 0, "no matching requests")
	looks := 0
	twice := operator{pause: func(context.Context, time.Duration) error {
		if looks++; looks == 2 {
			return context.Canceled
		}
		return nil
	}}
	if got := ops(twice, "requests", "--follow", code); got.code != 130 || strings.Count(got.out, "delivered  "+code+"-1 en video 9x16  ") != 1 {
		t.Errorf("followed for two looks: exit code %d\n%s", got.code, got.all())
	}
	logged := fmt.Sprintf("{\"function\":\"fulfill\",\"time\":%q,\"level\":\"INFO\",\"msg\":\"webhook\",\"request\":%q,\"outcome\":\"delivered\"}\n",
		item.ReceivedAt.Add(time.Minute).Format(time.RFC3339Nano), item.ID)
	if err := os.WriteFile(filepath.Join(folder, "log.jsonl"), []byte("a line of S3\n"+logged+strings.ReplaceAll(logged, item.ID, "req#other")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ops(operator{}, "trace", digits(item.ID)); strings.Count(got.out, "+1m0s  fulfill INFO  webhook outcome=delivered") != 1 {
		t.Errorf("the log's line is not there once: %s", got.all())
	}
	ops(operator{}, "trace", item.ID).expect(t, 0, item.ID, "delivered "+scenariotest.StoryKey(code), "received", "claimed for attempt 1", "decided", "uploaded", "ended: delivered")
	ops(operator{}, "trace", "0000000000").expect(t, 1, "no request of the last 7 days")
	ops(operator{}, "trace", "HRT").expect(t, 2, "first four digits")
	if got := ops(operator{}, append(today, "--json")...); strings.Count(got.out, "\n") != 1 || !strings.Contains(got.out, item.ID) {
		t.Errorf("as JSON: %s", got.all())
	}

	if err := os.WriteFile(filepath.Join(folder, "senders.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	ops(operator{}, "smoke").expect(t, 0, "ok    tokens", "ok    answer         200 expired", "expired, of plain", "skip  object events", "note  codes          default: the library declares no shapes", "ok    intake         401 unauthentic",
		"ok    queue          req#", "ok    bucket         req#")
	ops(operator{}, "requests", "--outcome", "expired", "--day", time.Now().UTC().Format(time.DateOnly)).expect(t, 0, "SMOKE-1 ", " en video 9x16 ")
	hint := hints(mustParse(t, list), "plain")
	ops(operator{input: newSecret}, "secret", "plain").expect(t, 0, "…1ew2, of 2 in all")
	ops(operator{}, "secrets").expect(t, 0, "plain", "1ew2", hint, "unknown", "CloudWatch")
	ops(operator{}, "secret-drop", "plain", hint).expect(t, 1, "CloudWatch", "--force")
	ops(operator{}, "secret-drop", "plain", hint, "--force").expect(t, 0, "1 left")
	// The check of the answer fails: the test event is signed with the new secret from the file,
	// but the functions still use the old secret.
	ops(operator{}, "smoke").expect(t, 1, "FAIL  answer         401")

	ops(operator{input: oldToken}, "intake", "token", "hoox", "--codes", "HRT-####", "--own").expect(t, 0, "now the first of 1")
	ops(operator{}, "intake", "token", "hoox", "--any-code").expect(t, 0, "now the first of 2")
	ops(operator{}, "intake", "url", "hoox").expect(t, 0, env.IntakeURL, "/hoox/<token ")
	ops(operator{}, "intake", "tokens").expect(t, 0, intake.TokenHint(oldToken), "unknown")
	ops(operator{}, "intake", "token-drop", "hoox", intake.TokenHint(oldToken)).expect(t, 1, "CloudWatch")
	ops(operator{}, "intake", "token-drop", "hoox", intake.TokenHint(oldToken), "--force").expect(t, 0, "1 left")
	for _, door := range []string{"queue", "bucket"} {
		ops(operator{}, "send", "requested-exact", "--door", door, "--life", "-1m").expect(t, 0, `{"outcome":"stored"}`, stopWaiting, "outcome     expired", "uploaded    nothing")
		ops(operator{}, "send", "malformed", "--door", door).expect(t, 0, "outcome     malformed")
		ops(operator{}, "send", "fulfilled", "--door", door, "--json").expect(t, 0, `"answer":{"outcome":"stored"}`)
	}
	ops(operator{}, "access", "queue").expect(t, 1, "no IAM on this machine")
	ops(operator{}, "access", "bucket").expect(t, 1, "no IAM on this machine")
	ops(operator{}, "connect", services.MastersBucket).expect(t, 1, "in AWS only")
	ops(operator{}, "destroy").expect(t, 1, "in AWS only", "Ctrl-C ends")
}

// writeLine writes a line in the format of "up --json" to a file. The line describes the simulated
// system env.
func writeLine(t *testing.T, path string, env *scenariotest.Env, destinations string) {
	t.Helper()
	writeLineOf(t, path, env, services.MastersBucket, destinations)
}

// writeLineOf writes the line that a running system prints to a file. The line names the given masters
// bucket and the file of destinations.
func writeLineOf(t *testing.T, path string, env *scenariotest.Env, bucket, destinations string) {
	t.Helper()
	var m running.System
	m.FulfillURL, m.Destinations = env.FulfillURL, destinations
	m.S3.Endpoint, m.S3.Region, m.S3.AccessKey, m.S3.SecretKey = env.S3, services.Region, env.AccessKey, env.SecretKey
	m.S3.MastersBucket, m.S3.IndexBucket = bucket, services.IndexBucket
	m.IntakeURL, m.S3.IntakeBucket, m.Senders = env.IntakeURL, services.IntakeBucket, filepath.Join(filepath.Dir(path), "senders.json")
	m.Doors.QueueURL, m.Doors.Bucket = env.DoorQueueURL, services.DoorBucket
	m.SQS.Endpoint, m.Log = env.SQS, filepath.Join(filepath.Dir(path), "log.jsonl")
	m.DynamoDB.Endpoint, m.DynamoDB.Table = env.DynamoDB, services.Table
	line, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(path, line, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// listening starts a server that the function running.Find accepts as a system on this machine. The
// caller must call end to stop the server.
func listening(t *testing.T) (found running.System, end func()) {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	found.FulfillURL, found.S3.Endpoint, found.DynamoDB.Endpoint = server.URL, server.URL, server.URL
	found.S3.Region, found.Destinations, found.Senders = "eu-central-1", filepath.Join(t.TempDir(), "destinations.json"), "senders.json"
	found.IntakeURL, found.Log = server.URL, filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(found.Destinations, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	return found, server.Close
}

func noRegion(context.Context, string, string) (aws.Config, error) { return aws.Config{}, nil }

// If the SDK finds no region and no flag selects a deployment, commands use the system on this
// machine. They print that to standard error.
func TestFindsTheSystemOnThisMachine(t *testing.T) {
	t.Parallel()
	found, end := listening(t)
	root := t.TempDir()
	if _, err := running.Publish(root, found); err != nil {
		t.Fatal(err)
	}
	o := operator{root: root, input: newSecret}
	got := o.run(t, noRegion, "url")
	got.expect(t, 0)
	if got.out != found.FulfillURL+"\n" || !strings.Contains(got.err, "using the system on this machine at "+found.FulfillURL) {
		t.Errorf("printed %q, and %q", got.out, got.err)
	}
	o.run(t, noRegion, "url", "--name", "staging").expect(t, 1, "no AWS region")
	o.run(t, noRegion, "connect", "films").expect(t, 1, "no AWS region")
	for _, line := range []string{
		"secret acme", "secret-drop acme 0ld1", "intake token hoox --any-code", "intake token-drop hoox 0ld1", "intake verifier hoox", "redrive --drop-expired", "destroy",
	} {
		o.run(t, noRegion, strings.Fields(line)...).expect(t, 1, "give --local")
	}
	if list, err := os.ReadFile(found.Destinations); err != nil || string(list) != "[]" {
		t.Errorf("the destinations were changed: %s, %v", list, err)
	}
	got = o.run(t, noRegion, "secret", "acme", "--local")
	got.expect(t, 0, "…1ew2, of 1 in all")
	if strings.Contains(got.err, "using") {
		t.Errorf("--local was given, and %q", got.err)
	}
	o.run(t, noRegion, "destroy", "--local").expect(t, 1, "in AWS only", "Ctrl-C ends")

	end()
	got = o.run(t, noRegion, "url", "--local")
	got.expect(t, 1, "has ended")
	if strings.Count(got.all(), "\n") != 1 {
		t.Errorf("not one sentence: %s", got.all())
	}
	o.run(t, noRegion, "url").expect(t, 1, "no AWS region", "no system is running")
}

func TestLogsOfTheSystemOnThisMachine(t *testing.T) {
	t.Parallel()
	found, _ := listening(t)
	root := t.TempDir()
	lines := strings.Join([]string{
		`http://127.0.0.1:1`,
		`{"function":"index","time":"` + noon.Add(-time.Hour).Format(time.RFC3339) + `","level":"INFO","msg":"long ago"}`,
		`{"function":"fulfill",` + printedAt(webhookLine(), noon.Add(-2*time.Second).In(time.FixedZone("", 3600)))[1:],
		`{"function":"index","time":"2026-11-21T11:59:59Z","level":"WARN","msg":"indexed","key":"a b"}`,
		`{"function":"index","time":"2026-11-21T11:59:59Z",`, // an incomplete line: the function has not yet written its end
	}, "\n")
	if err := os.WriteFile(found.Log, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := running.Publish(root, found); err != nil {
		t.Fatal(err)
	}
	o := operator{root: root}
	want := "11:59:58.000Z fulfill " + compactWebhook + "\n" + `11:59:59.000Z index   WARN  indexed key="a b"` + "\n"
	if got := o.run(t, noRegion, "logs"); got.out != want || got.code != 0 {
		t.Errorf("got\n%swant\n%s", got.all(), want)
	}
	o.run(t, noRegion, "logs", "--since", "2h").expect(t, 0, "long ago")
	o.run(t, noRegion, "logs", "--function", "index").quiet(t, "webhook")
	o.run(t, noRegion, "logs", "--json").expect(t, 0, `{"time":"2026-11-21T11:59:58Z","function":"fulfill","line":{"function":"fulfill"`)
	looks := 0
	o.pause = func(context.Context, time.Duration) error {
		if looks++; looks > 1 {
			return context.Canceled
		}
		return os.WriteFile(found.Log, []byte(lines+`"msg":"late"}`+"\n"), 0o600)
	}
	o.run(t, noRegion, "logs", "-f").expect(t, 130, "webhook", "late")
}
