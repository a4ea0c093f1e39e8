// Command bootstrap is a Lambda function for tests. The member "do" of its event says what it
// does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	awsevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type order struct {
	Do      string                 `json:"do"`
	URL     string                 `json:"url"`
	Bytes   []byte                 `json:"bytes"`
	Size    int                    `json:"size"`
	Body    *string                `json:"body"`
	Records []awsevents.SQSMessage `json:"Records"`
}

type about struct {
	PID         int      `json:"pid"`
	RequestID   string   `json:"requestId"`
	ARN         string   `json:"arn"`
	DeadlineMS  int64    `json:"deadlineMs"`
	Trace       string   `json:"trace"`
	Environment []string `json:"environment"`
	Directory   string   `json:"directory"`
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		os.Exit(4)
	case "hang":
		select {}
	case "report":
		reportInitError()
	case "raw":
		misuse()
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, o order) (any, error) {
	switch {
	case o.Records != nil:
		return handleMessages(o.Records)
	case o.Body != nil: // the event comes from a function URL, so the instructions are in its body
		if err := json.Unmarshal([]byte(*o.Body), &o); err != nil {
			return nil, err
		}
	}
	switch o.Do {
	case "error":
		return nil, errors.New("as told")
	case "panic":
		panic("as told")
	case "exit":
		os.Exit(3)
	case "hang":
		select {}
	case "print":
		os.Stdout.Write(o.Bytes)
	case "wait":
		return nil, errors.Join(get(o.URL+"/arrived"), get(o.URL+"/finished"))
	case "heed": // waits until it gets SIGTERM
		interrupted, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
		defer stop()
		if err := get(o.URL + "/arrived"); err != nil {
			return nil, err
		}
		<-interrupted.Done()
	case "large":
		return strings.Repeat("x", o.Size), nil
	}
	return tell(ctx), nil
}

func tell(ctx context.Context) about {
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	directory, _ := os.Getwd()
	return about{
		PID:         os.Getpid(),
		RequestID:   lc.AwsRequestID,
		ARN:         lc.InvokedFunctionArn,
		DeadlineMS:  deadline.UnixMilli(),
		Trace:       os.Getenv("_X_AMZN_TRACE_ID"),
		Environment: os.Environ(),
		Directory:   directory,
	}
}

// handleMessages processes messages. The body of each message says whether the message, or the
// whole batch, fails.
func handleMessages(messages []awsevents.SQSMessage) (any, error) {
	response := awsevents.SQSEventResponse{}
	for _, m := range messages {
		if left, is := strings.CutPrefix(m.Body, "again "); is {
			if err := sendAgain(left); err != nil {
				return nil, err
			}
		}
		first := m.Attributes["ApproximateReceiveCount"] == "1"
		switch {
		case m.Body == "fail", m.Body == "fail once" && first:
			response.BatchItemFailures = append(response.BatchItemFailures, awsevents.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		case m.Body == "error", m.Body == "error once" && first:
			return nil, errors.New("as told")
		}
	}
	return response, nil
}

// sendAgain sends a message to this function's own queue. The message invokes the function again,
// with the parameter left reduced by one. If left is 0, sendAgain sends nothing. So left is the
// number of messages in a chain in which each message causes the next one.
func sendAgain(left string) error {
	n, err := strconv.Atoi(left)
	if err != nil || n == 0 {
		return err
	}
	client := sqs.New(sqs.Options{Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("SQS")),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		})})
	_, err = client.SendMessage(context.Background(), &sqs.SendMessageInput{
		QueueUrl: aws.String(os.Getenv("QUEUE")), MessageBody: aws.String(fmt.Sprintf("again %d", n-1)),
	})
	return err
}

func get(url string) error {
	response, err := http.Get(fmt.Sprintf("%s?pid=%d", url, os.Getpid()))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// call sends a request to the Runtime API directly, without the library aws-lambda-go.
func call(method, path, body string) *http.Response {
	request, err := http.NewRequest(method, "http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/"+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	response.Body.Close()
	return response
}

func reportInitError() {
	call("POST", "init/error", `{"errorType":"Config.Missing","errorMessage":"no table"}`)
	os.Exit(1)
}

// misuse sends requests that break the rules of the Runtime API. The response of the invocation is
// the list of the statuses that the Runtime API answered.
func misuse() {
	id := call("GET", "invocation/next", "").Header.Get("Lambda-Runtime-Aws-Request-Id")
	var told []int
	for _, try := range []struct{ method, path string }{
		{"GET", "invocation/next"},
		{"POST", "invocation/another/response"},
		{"POST", "invocation/another/error"},
		{"POST", "init/error"},
		{"GET", "nothing"},
	} {
		told = append(told, call(try.method, try.path, "{}").StatusCode)
	}
	answer, _ := json.Marshal(told)
	call("POST", "invocation/"+id+"/response", string(answer))
	if got := call("POST", "invocation/"+id+"/error", "{}").StatusCode; got != http.StatusForbidden {
		fmt.Println("second answer:", got)
	}
}
