package main

import (
	"strings"
	"testing"
)

// announced is an example of a bucket's notifications that do not go to EventBridge, in the XML
// that S3 returns.
const announced = `<QueueConfiguration><Id>thumbs</Id><Queue>arn:aws:sqs:eu-central-1:000000000000:thumbs</Queue>` +
	`<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule></S3Key></Filter></QueueConfiguration>` +
	`<TopicConfiguration><Id>mail</Id><Topic>arn:aws:sns:eu-central-1:000000000000:mail</Topic><Event>s3:ObjectRemoved:*</Event></TopicConfiguration>` +
	`<CloudFunctionConfiguration><Id>scan</Id><CloudFunction>arn:aws:lambda:eu-central-1:000000000000:function:scan</CloudFunction><Event>s3:ObjectCreated:Put</Event></CloudFunctionConfiguration>`

func TestConnect(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	films := &bucket{others: announced}
	a.buckets["films"] = films
	a.run(operator{input: "films\n"}, "connect", "films").
		expect(t, 0, "EventBridge: off", "queue arn:aws:sqs:eu-central-1:000000000000:thumbs (thumbs): [s3:ObjectCreated:*]", "topic", "function", "If Terraform or another stack manages the bucket", "eventbridge = true in aws_s3_bucket_notification", "EventBridge is on")
	if !films.bridge {
		t.Error("the switch is off")
	}
	for _, part := range []string{"thumbs</Queue>", "<Value>.jpg</Value>", "<Name>suffix</Name>", "s3:ObjectRemoved:*", "function:scan", "<Id>mail</Id>"} {
		if !strings.Contains(films.others, part) {
			t.Errorf("%s was lost: %s", part, films.others)
		}
	}
	a.run(operator{}, "connect", "films").expect(t, 0, "EventBridge: on", "nothing to change")
	if got := a.run(operator{}, "connect", "films", "--json", "--yes"); got.out != `{"bucket":"films","changed":false,"event_bridge":true}`+"\n" {
		t.Errorf("as JSON: %s", got.out)
	}
	a.run(operator{}, "connect", "films", "--json").expect(t, 2, "--json asks no questions")
}

// The parts of an incomplete upload cost money. Therefore the command "connect" warns if no
// lifecycle rule aborts incomplete uploads.
func TestConnectWarnsAboutIncompleteUploads(t *testing.T) {
	t.Parallel()
	rule := func(status, what string) string {
		return "<Rule><ID>r</ID><Status>" + status + "</Status>" + what + "</Rule>"
	}
	const ends = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
	for rules, want := range map[string]string{
		"": "the bucket has no lifecycle rule", rule("Disabled", ends): "no lifecycle rule", rule("Enabled", ""): "no lifecycle rule",
		"denied": "could not be read", rule("Enabled", "") + rule("Enabled", ends): "",
	} {
		a := newAccount(t)
		a.buckets["films"] = &bucket{rules: rules}
		got := a.run(operator{}, "connect", "films", "--yes")
		got.expect(t, 0, "EventBridge is on", want)
		if want == "" && strings.Contains(got.err, "uploads") {
			t.Errorf("printed %s", got.out)
		}
	}
}

func TestConnectChangesNothingWithoutConfirmation(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	films := &bucket{others: announced}
	a.buckets["films"] = films
	for _, answer := range []string{"", "yes\n", "film\n"} {
		a.run(operator{input: answer}, "connect", "films").expect(t, 1, "nothing was changed")
	}
	if films.bridge || films.others != announced {
		t.Error("the bucket was changed")
	}
	a.run(operator{}, "connect", "absent", "--yes").expect(t, 1, "bucket absent does not exist")
	a.run(operator{}, "connect").expect(t, 2, "expected one bucket")
	films.stubborn = true
	a.run(operator{}, "connect", "films", "--yes").expect(t, 1, "EventBridge is off again")
}

// The command "connect" refuses a bucket in another region before it makes any other call for the
// bucket.
func TestConnectRefusesABucketInAnotherRegion(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.buckets["films"] = &bucket{region: "us-west-2"}
	a.run(operator{input: "films\n"}, "connect", "films").expect(t, 1, "bucket films is in region us-west-2, expected eu-central-1")
	a.run(operator{}, "reindex", "--status").expect(t, 1, "bucket films is in region us-west-2")
	if a.buckets["films"].bridge {
		t.Error("EventBridge was switched on")
	}
}
