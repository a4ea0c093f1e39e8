package services_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/local/sim/services"
)

// start starts services that only this test uses. They are stopped at the end of the test.
func start(t *testing.T, c services.Config) *services.Services {
	t.Helper()
	s, err := services.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// If a service listened on all addresses, it would also answer on 127.0.0.2, and this test would
// fail.
func TestListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	s := running(t)
	for name, endpoint := range map[string]string{"S3": s.S3, "DynamoDB": s.DynamoDB, "SQS": s.SQS, "Secrets Manager": s.SecretsManager, "object events": s.Events.Address()} {
		port, ok := strings.CutPrefix(strings.TrimSuffix(endpoint, "/"), "http://127.0.0.1:")
		if !ok {
			t.Errorf("%s is at %s", name, endpoint)
			continue
		}
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			conn.Close()
		}
		if conn, err := net.Dial("tcp", "127.0.0.2:"+port); err == nil {
			conn.Close()
			t.Errorf("%s listens on other addresses as well", name)
		}
	}
}

// A client may disconnect in the middle of its request. That must not stop a service.
func TestAClientThatDisconnectsStopsNoService(t *testing.T) {
	t.Parallel()
	need(t)
	s := start(t, config(t, t.TempDir()))
	for name, endpoint := range map[string]string{"S3": s.S3, "DynamoDB": s.DynamoDB, "SQS": s.SQS, "Secrets Manager": s.SecretsManager} {
		address := strings.TrimPrefix(endpoint, "http://")
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: "+address+"\r\nContent-Length: 100\r\n\r\nhalf"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// Waits until the service has closed the connection; an error of the connection does not
		// matter.
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
		response, err := http.Get(endpoint)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		response.Body.Close()
	}
	closed(t, s)
	select {
	case err := <-s.Failed():
		t.Error(err)
	default:
	}
}

func TestDataIsKeptBetweenRuns(t *testing.T) {
	t.Parallel()
	need(t)
	c := config(t, t.TempDir())
	s := start(t, c)
	if _, err := s.Clients().S3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(services.MastersBucket), Key: aws.String("kept.mp4"), Body: strings.NewReader("bytes"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Clients().DynamoDB().PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(services.Table), Item: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "req#1"}},
	}); err != nil {
		t.Fatal(err)
	}
	first := receive(t, s, 1)
	put(t, s, "unseen.mp4", "more")
	if _, err := s.Clients().SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.CollectQueueURL, MessageBody: aws.String("announced")}); err != nil {
		t.Fatal(err)
	}
	closed(t, s) // stops while one message is in flight (received, not deleted) and one was never received

	s = start(t, c)
	defer closed(t, s)
	object, err := s.Clients().S3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(services.MastersBucket), Key: aws.String("kept.mp4")})
	if err != nil || *object.ContentLength != 5 {
		t.Errorf("object: %+v, %v", object, err)
	}
	item, err := s.Clients().DynamoDB().GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(services.Table), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "req#1"}},
	})
	if err != nil || len(item.Item) != 1 {
		t.Errorf("item: %+v, %v", item, err)
	}
	got := receive(t, s, 2)
	if got[0].Detail.Object.Key != first[0].Detail.Object.Key || got[1].Detail.Object.Key != "unseen.mp4" {
		t.Errorf("messages after the start: %+v", got)
	}
	if got := receive(t, s, 0); len(got) > 0 {
		t.Errorf("more messages: %+v", got)
	}
	waiting, err := s.Clients().SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.CollectQueueURL})
	if err != nil || len(waiting.Messages) != 1 || *waiting.Messages[0].Body != "announced" {
		t.Errorf("announcements after the start: %+v, %v", waiting, err)
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	need(t)
	var left []string
	for range 3 { // three attempts, because another process may take a port after the services have freed it
		s := start(t, config(t, t.TempDir()))
		closed(t, s)
		select {
		case err := <-s.Failed():
			t.Errorf("an end that was asked for counts as a failure: %v", err)
		default:
		}
		if left = listening(s.S3, s.DynamoDB, s.SQS, s.SecretsManager, strings.TrimSuffix(s.Events.Address(), "/")); len(left) == 0 {
			return
		}
	}
	t.Errorf("after the end: %q", left)
}

// listening returns the endpoints that still accept connections.
func listening(endpoints ...string) (left []string) {
	for _, endpoint := range endpoints {
		conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
		if !errors.Is(err, syscall.ECONNREFUSED) {
			left = append(left, endpoint)
		}
		if err == nil {
			conn.Close()
		}
	}
	return left
}

func TestFailed(t *testing.T) {
	t.Parallel()
	need(t)
	s := start(t, config(t, t.TempDir()))
	if err := s.KillS3(); err != nil {
		t.Fatal(err)
	}
	if err := <-s.Failed(); err == nil || !strings.Contains(err.Error(), "S3 (versitygw) ended: signal: killed") {
		t.Errorf("Failed: %v", err)
	}
	closed(t, s)
}

// project makes a project folder whose node_modules contains packages. The parameter versions holds
// the version of each package by the package's name.
func project(t *testing.T, versions map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("package.json", `{"devDependencies":{"another":"1.0.0","dynalite":"4.0.0","fauxqs":"1.9.2"}}`)
	for name, version := range versions {
		write(filepath.Join("node_modules", name, "package.json"), `{"version":"`+version+`"}`)
	}
	return dir
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	need(t)
	tests := map[string]struct {
		change func(t *testing.T, c *services.Config)
		want   string
	}{
		"npm packages": {func(t *testing.T, c *services.Config) { c.Root = project(t, nil) }, `npm package dynalite is missing in`},
		"the pinned version": {func(t *testing.T, c *services.Config) {
			c.Root = project(t, map[string]string{"dynalite": "3.9.0"})
		}, `npm package dynalite has version 3.9.0, but 4.0.0 is needed: run "npm ci"`},
		"a script": {func(t *testing.T, c *services.Config) {
			c.Root = project(t, map[string]string{"dynalite": "4.0.0", "fauxqs": "1.9.2"})
		}, `DynamoDB (dynalite) does not start: DynamoDB (dynalite) ended: exit status 1; it printed:`},
		"the gateway":          {func(t *testing.T, c *services.Config) { c.Gateway = filepath.Join(c.Data, "none") }, "S3 (versitygw): starting"},
		"a gateway that works": {func(t *testing.T, c *services.Config) { c.Gateway = "/bin/false" }, "S3 (versitygw) does not start: S3 (versitygw) ended"},
		"a folder to keep tables in": {func(t *testing.T, c *services.Config) {
			if err := os.WriteFile(filepath.Join(c.Data, "dynamodb"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "DynamoDB (dynalite) does not start: DynamoDB (dynalite) ended"},
		"a folder": {func(t *testing.T, c *services.Config) { c.Data = c.Destinations }, "data folder"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, t.TempDir())
			test.change(t, &c)
			if s, err := services.Start(t.Context(), c); err == nil {
				closed(t, s)
				t.Error("Start took it")
			} else if !strings.Contains(err.Error(), test.want) {
				t.Errorf("Start: %v\nwant %s", err, test.want)
			}
		})
	}
}

// This test must not run in parallel: it removes Node from the PATH of the whole process.
func TestStartWithoutNode(t *testing.T) {
	need(t)
	c := config(t, t.TempDir())
	t.Setenv("PATH", t.TempDir())
	if _, err := services.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), "install Node 20") {
		t.Errorf("Start: %v", err)
	}
}

func TestADataFolderServesOneSystemAtATime(t *testing.T) {
	t.Parallel()
	need(t)
	c := config(t, t.TempDir())
	s := start(t, c)
	defer closed(t, s)
	if second, err := services.Start(t.Context(), c); err == nil {
		closed(t, second)
		t.Error("a second Start on the same folder was taken")
	} else if !strings.Contains(err.Error(), "is in use") {
		t.Errorf("Start: %v", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	need(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := services.Start(over, config(t, t.TempDir())); !errors.Is(err, context.Canceled) {
		t.Errorf("Start: %v", err)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	out, err := running(t).Clients().DynamoDB().DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(services.Table)})
	if err != nil {
		t.Fatal(err)
	}
	if out.Table.TableStatus != types.TableStatusActive {
		t.Errorf("table is %s", out.Table.TableStatus)
	}
	for _, want := range []string{"slot", "day"} {
		if !slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, func(i types.GlobalSecondaryIndexDescription) bool { return *i.IndexName == want }) {
			t.Errorf("index %s is missing", want)
		}
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	s := running(t)
	out, err := s.Clients().SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &s.IndexQueueURL, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	if err != nil {
		t.Fatal(err)
	}
	a := out.Attributes
	if a["VisibilityTimeout"] != "90" || a["QueueArn"] != services.QueueARN(services.IndexQueue) ||
		!strings.Contains(a["RedrivePolicy"], services.DeadLetters) || !strings.Contains(a["RedrivePolicy"], `"5"`) {
		t.Errorf("queue %v", a)
	}
}
