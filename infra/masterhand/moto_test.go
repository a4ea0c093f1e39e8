package main

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/sim/mototest"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	timelines "masterhand/shared/announcements/timeline/dynamostore"
	"masterhand/shared/library"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
)

// TestCommandsOnMoto runs the commands against moto, an independent fake of AWS, and a stack that
// moto's CloudFormation created from the template.
func TestCommandsOnMoto(t *testing.T) {
	t.Parallel()
	cfg := mototest.Start(t)
	env := &session{aws: cfg, name: "production", now: time.Now}
	ops := func(input string, args ...string) said {
		o := operator{input: input, now: time.Now}
		return o.run(t, func(context.Context, string, string) (aws.Config, error) { return cfg, nil }, args...)
	}
	ops("", "url").expect(t, 1, "no such stack")
	deployOnMoto(t, env)
	d, err := env.deployment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ops("", "url").expect(t, 0, "https://example.com/hook")
	rotateOnMoto(t, ops)
	lookOnMoto(t, env, d, ops)
	announceOnMoto(t, env, d, ops)
	emptyOnMoto(t, env, d, ops)
}

type onMoto = func(input string, args ...string) said

func deployOnMoto(t *testing.T, env *session) {
	t.Helper()
	body, err := os.ReadFile("testdata/stack.json")
	if err != nil {
		t.Fatal(err)
	}
	// moto's CloudFormation makes no secrets, so the test makes them.
	secret, err := env.secretsmanager().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: new("destinations"), SecretString: new("[]"),
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := env.secretsmanager().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: new("senders"), SecretString: new("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = env.cloudformation().CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: new("masterhand-production"), TemplateBody: new(string(body)), Capabilities: []cfn.Capability{cfn.CapabilityCapabilityIam},
		Parameters: []cfn.Parameter{
			{ParameterKey: new("Secret"), ParameterValue: secret.ARN}, {ParameterKey: new("Senders"), ParameterValue: tokens.ARN},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// moto's CloudFormation makes no aliases, so the test makes the alias "live".
	function, err := env.function(t.Context(), "masterhand-production", "index")
	if err == nil {
		_, err = env.lambda().CreateAlias(t.Context(), &lambda.CreateAliasInput{
			FunctionName: &function, Name: new(live), FunctionVersion: new("$LATEST"),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rotateOnMoto rotates the secret of a destination on moto.
func rotateOnMoto(t *testing.T, ops onMoto) {
	t.Helper()
	ops(oldSecret, "secret", "acme", "--library", "films").expect(t, 0, "library films", "of 1 in all")
	ops(newSecret, "secret", "acme").expect(t, 0, "of 2 in all")
	// moto's CloudWatch does not support CBOR, so the times of the last matches are unknown.
	ops("", "secrets").expect(t, 0, "acme", "0ld1", "1ew2", "unknown")
	ops("", "secret-drop", "acme", "0ld1").expect(t, 1, "--force")
	ops("", "secret-drop", "acme", "0ld1", "--force").expect(t, 0, "1 left")
}

// lookOnMoto runs the commands that read the logs, the ledger and the index.
func lookOnMoto(t *testing.T, env *session, d deployment, ops onMoto) {
	t.Helper()
	group, stream := d.logs["fulfill"], "1"
	_, err := env.logs().CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err == nil {
		_, err = env.logs().PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream,
			LogEvents: []logs.InputLogEvent{{Message: new(webhookLine()), Timestamp: new(time.Now().Add(-time.Minute).UnixMilli())}},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	ops("", "logs").expect(t, 0, "fulfill "+compactWebhook)

	now := time.Now()
	item := ledger.Item{ID: "req#1", Version: 1, State: ledger.Failed, Slot: "p#HRT-1#1#en#video", Code: "AccessDenied", ReceivedAt: now, UpdatedAt: now}
	if err := (dynamostore.Store{Client: env.dynamodb(), Table: d.ledger}).Save(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	ops("", "requests", "--outcome", "failed", "--day", now.UTC().Format(time.DateOnly)).expect(t, 0, "HRT-1-1 ", " en video ", "AccessDenied")

	lib := masters.Library{Name: "films"}
	document := masters.NewDocument(creative.Creative{Code: "HRT-1", Variation: 1}).Put(masters.Master{
		Key: "HRT-1/v1/en/9x16.mp4", Kind: creative.Video, Locale: "en", Aspect: "9x16", Extension: "mp4", Container: "mp4", Size: 9, ETag: `"e"`,
	})
	index := masters.Index{Blobs: s3store.Blobs{Client: env.s3(), Bucket: d.index}}
	if err := index.SaveDocument(t.Context(), lib, document, ""); err != nil {
		t.Fatal(err)
	}
	ops("", "explain", "HRT-1-1", "en", "video", "9x16").expect(t, 0, "in library films: deliver HRT-1/v1/en/9x16.mp4", "not completely indexed")
	ops("", "explain", "HRT-1-1", "en", "video", "9x16", "--library", library.Default().Name).expect(t, 1, "configured: films")
	ops("", "coverage").expect(t, 0, "HRT-1-1", "library films: 1 available", "not completely indexed")

	dead := d.queues["IndexDeadLettersUrl"]
	if _, err := env.sqs().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &dead, MessageBody: new(objectEvent("a.mp4"))}); err != nil {
		t.Fatal(err)
	}
	ops("redrive\n", "redrive", "index").expect(t, 0, "Object Created a.mp4", "1 message moved back")
	ops("", "redrive", "index").expect(t, 0, "no dead letters")
}

// announceOnMoto adds a sender's tokens, stores an announcement, and replays it.
func announceOnMoto(t *testing.T, env *session, d deployment, ops onMoto) {
	t.Helper()
	ops("", "intake", "tokens").expect(t, 0, "no sender may announce files")
	ops("", "intake", "token", "hoox", "--any-code").expect(t, 0, "now the first of 1")
	ops(oldToken, "intake", "token", "hoox", "--codes", "HRT-####", "--own").expect(t, 0, "now the first of 2")
	ops("", "intake", "url", "hoox", "--show-token").expect(t, 0, "https://example.com/announce/hoox/"+oldToken)
	ops("", "intake", "tokens").expect(t, 0, intake.TokenHint(oldToken), "unknown")
	ops("", "intake", "token-drop", "hoox", intake.TokenHint(oldToken), "--force").expect(t, 0, "1 left")

	now := time.Now()
	record := intake.Record{ID: intake.NewID(now, rand.Text()), Sender: senders.Hoox, Received: now, Body: []byte(exported("1", "https://h.example/f"))}
	data, err := intake.Encode(record)
	if err == nil {
		err = s3records.Records{Client: env.s3(), Bucket: d.intake.bucket}.Put(t.Context(), record.Key(), data)
	}
	if err == nil {
		err = timelines.Store{Client: env.dynamodb(), Table: d.ledger}.Save(t.Context(), timeline.Timeline{
			Version: 1, Sender: senders.Hoox, Subject: "job/1", ReceivedAt: now, UpdatedAt: now,
			Entries: []timeline.Entry{{Identity: "1", Record: record.Key(), Received: now, At: now, Count: 1}},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	ops("", "intake", "list").expect(t, 0, "job/1")
	ops("", "intake", "show", "hoox", "job/1").expect(t, 0, record.Key())
	ops("replay\n", "intake", "replay", "hoox", "job/1").expect(t, 0, "video_export completed", "1 event replayed")
	ops("", "intake", "replay", "--sender", "hoox", "--since", "1d", "--dry-run").expect(t, 0, record.Key())
	out, err := env.sqs().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: new(d.queues["CollectQueueUrl"])})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("%d messages, %v", len(out.Messages), err)
	}
	if m, err := intake.DecodeMessage([]byte(*out.Messages[0].Body)); err != nil || m.Key != record.Key() || m.Replay.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
	ops("", "redrive", "collect").expect(t, 0, "collect: no dead letters")
}

// emptyOnMoto empties the buckets with the command "destroy".
func emptyOnMoto(t *testing.T, env *session, d deployment, ops onMoto) {
	t.Helper()
	// moto's CloudFormation does not turn versioning on, so the test does.
	_, err := env.s3().PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &d.masters, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := env.s3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &d.masters, Key: new("a & b.mp4"), Body: strings.NewReader("film")})
		if err == nil {
			_, err = env.s3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &d.masters, Key: new("a & b.mp4")})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ops("production\n"+d.masters+"\n"+d.intake.bucket+"\n", "destroy").
		expect(t, 0, "bucket "+d.intake.bucket+": 1 version deleted", "bucket "+d.index+": 1 version deleted", "bucket "+d.masters+": 4 versions deleted", "npx cdk destroy -c name=production -c keep=false")
	if _, err := env.cloudformation().DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &d.stack}); err != nil {
		t.Error(err)
	}
}
