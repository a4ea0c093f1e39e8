package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// withDoors returns a fake account. Its deployment has the queue and the bucket for unsigned
// events.
func withDoors(t *testing.T, keys ...userKey) *account {
	a := newAccount(t)
	for name, output := range map[string]string{
		"DoorQueueUser": "stack-DoorQueueSender-1", "DoorQueueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/stack-DoorQueue-1",
		"DoorBucketUser": "stack-DoorBucketSender-1", "DoorBucket": "stack-doorobjects-1",
	} {
		a.outputs[name] = output
	}
	a.users = map[string][]userKey{"stack-DoorQueueSender-1": keys, "stack-DoorBucketSender-1": nil}
	return a
}

func TestAccessMakesAKeyAndSaysWhatToType(t *testing.T) {
	t.Parallel()
	a := withDoors(t)
	got := a.run(operator{}, "access", "queue")
	got.expect(t, 0, "queue URL   https://sqs.eu-central-1.amazonaws.com/123456789012/stack-DoorQueue-1\n", "region      eu-central-1\n",
		"key         AKIANEW1\n", "secret      "+keySecret+"\n", "shown only now")
	got.quiet(t, "older", "bucket")
	a.run(operator{}, "access", "bucket").expect(t, 0, "bucket      stack-doorobjects-1\n", "key         AKIANEW2\n")
	if len(a.users["stack-DoorQueueSender-1"]) != 1 || len(a.users["stack-DoorBucketSender-1"]) != 1 {
		t.Errorf("keys %v", a.users)
	}
	if a.secret != "[]" || a.writes != 0 {
		t.Error("the key was stored")
	}
}

func TestAccessRotates(t *testing.T) {
	t.Parallel()
	old := userKey{"AKIAOLD", noon.Add(-90 * 24 * time.Hour), noon.Add(-3 * time.Hour)}
	a := withDoors(t, old)
	a.run(operator{}, "access", "queue", "--show").expect(t, 0, "AKIAOLD (made 2026-08-23 12:00Z, last used 3 h ago)")
	if n := a.calls["CreateAccessKey"]; n != 0 {
		t.Errorf("--show made %d keys", n)
	}
	a.run(operator{}, "access", "queue").expect(t, 0, "key         AKIANEW1\n", "The older key stays valid: AKIAOLD", "last used 3 h ago", "access queue --drop-old")
	third := a.run(operator{}, "access", "queue")
	third.expect(t, 1, "two keys", "AKIAOLD", "AKIANEW1", "never used", "--drop-old")
	third.quiet(t, keySecret)

	keys := func() []userKey { return a.users["stack-DoorQueueSender-1"] }
	a.run(operator{}, "access", "queue", "--drop-old").expect(t, 1, "may still use the older key", "last used 3 h ago", "--force")
	keys()[0].used = noon.Add(-25 * time.Hour)
	a.run(operator{}, "access", "queue", "--drop-old").expect(t, 1, "may still use the older key", "AKIANEW1 (made 2026-11-21 12:00Z, never used)")
	keys()[1].used = noon.Add(-time.Hour)
	a.run(operator{}, "access", "queue", "--drop-old").expect(t, 0, "deleted     AKIAOLD\n", "AKIANEW1")
	if len(keys()) != 1 || keys()[0].id != "AKIANEW1" || a.calls["CreateAccessKey"] != 1 {
		t.Errorf("keys %v, %d made", keys(), a.calls["CreateAccessKey"])
	}
	a.run(operator{}, "access", "queue", "--drop-old").expect(t, 1, "no older key")
}

func TestAccessForceDeletesTheOlderKey(t *testing.T) {
	t.Parallel()
	a := withDoors(t, userKey{"AKIANEWER", noon.Add(-time.Hour), time.Time{}}, userKey{"AKIAOLDER", noon.Add(-48 * time.Hour), noon})
	a.run(operator{}, "access", "queue", "--drop-old", "--force").expect(t, 0, "deleted     AKIAOLDER")
	if keys := a.users["stack-DoorQueueSender-1"]; len(keys) != 1 || keys[0].id != "AKIANEWER" {
		t.Errorf("keys %v", keys)
	}
}

func TestAccessAsJSON(t *testing.T) {
	t.Parallel()
	a := withDoors(t, userKey{"AKIAOLD", noon.Add(-time.Hour), noon})
	var got granted
	if err := json.Unmarshal([]byte(a.run(operator{}, "access", "queue", "--json").out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Door != "queue" || got.KeyID != "AKIANEW1" || got.Secret != keySecret || got.Region != "eu-central-1" || got.Bucket != "" ||
		!strings.HasSuffix(got.QueueURL, "/123456789012/stack-DoorQueue-1") || len(got.Keys) != 1 || !got.Keys[0].Used.Equal(noon) {
		t.Errorf("%+v", got)
	}
}

// The platform's gateway takes the region from the second label of the host in the queue's URL.
func TestTheQueueURLHasTheRegionAsSecondLabel(t *testing.T) {
	t.Parallel()
	for queue, want := range map[string]string{
		"https://sqs.eu-central-1.amazonaws.com/1/q":    "https://sqs.eu-central-1.amazonaws.com/1/q",
		"https://eu-central-1.queue.amazonaws.com/1/q":  "https://sqs.eu-central-1.amazonaws.com/1/q",
		"http://localhost:4566/000000000000/stack-door": "https://sqs.eu-central-1.amazonaws.com/000000000000/stack-door",
	} {
		if got := senderURL(queue, "eu-central-1"); got != want {
			t.Errorf("%s: %s, want %s", queue, got, want)
		}
	}
	if got := senderURL("https://sqs.cn-north-1.amazonaws.com.cn/1/q", "cn-north-1"); got != "https://sqs.cn-north-1.amazonaws.com.cn/1/q" {
		t.Errorf("in China: %s", got)
	}
}

func TestAccessNeedsADoor(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, door := range []string{"queue", "bucket"} {
		a.run(operator{}, "access", door).expect(t, 1, "no "+door+" for the platform", "infra/environments/production.json")
	}
	a.run(operator{}, "access").expect(t, 2)
	a.run(operator{}, "access", "queue", "--show", "--drop-old").expect(t, 1, "drop-old")
}
