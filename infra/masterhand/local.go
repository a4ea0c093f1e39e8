package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// machine is a system on one machine, as its "up -json" describes it.
type machine struct {
	FulfillURL string `json:"fulfillUrl"`
	IntakeURL  string `json:"intakeUrl"`
	S3         struct {
		Endpoint      string `json:"endpoint"`
		Region        string `json:"region"`
		AccessKey     string `json:"accessKey"`
		SecretKey     string `json:"secretKey"`
		MastersBucket string `json:"mastersBucket"`
		IndexBucket   string `json:"indexBucket"`
		IntakeBucket  string `json:"intakeBucket"`
	} `json:"s3"`
	DynamoDB struct {
		Endpoint string `json:"endpoint"`
		Table    string `json:"table"`
	} `json:"dynamodb"`
	SQS struct {
		Endpoint string `json:"endpoint"`
	} `json:"sqs"`
	Destinations string `json:"destinations"` // path
	Senders      string `json:"senders"`      // path

	queues map[string]string // nil is machineQueues
}

// machineQueues are the queues' names on one machine, by the outputs that lead to them
// where the stack is deployed.
var machineQueues = map[string]string{
	"IndexQueueUrl": "index-events", "IndexDeadLettersUrl": "index-dead-letters",
	"ReindexQueueUrl": "reindex-batches", "ReindexDeadLettersUrl": "reindex-dead-letters",
	"FinishQueueUrl": "finish-requests", "FinishDeadLettersUrl": "finish-dead-letters",
	"CollectQueueUrl": "collect-announcements", "CollectDeadLettersUrl": "collect-dead-letters",
}

var (
	errNoMachine  = errors.New(`file without the line that "up -json" prints`)
	errNoMatches  = errors.New("when a secret last matched is not known on one machine: CloudWatch counts it, which is AWS's alone")
	errNotMachine = errors.New("a system on one machine does not have this: it is AWS's alone")
)

func readMachine(path string) (*machine, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m machine
	if json.Unmarshal(content, &m) != nil || m.FulfillURL == "" || m.S3.Endpoint == "" || m.DynamoDB.Endpoint == "" {
		return nil, fmt.Errorf("%s: %w", path, errNoMachine)
	}
	return &m, nil
}

func (m *machine) config() aws.Config {
	return aws.Config{
		Region:      m.S3.Region,
		Credentials: credentials.NewStaticCredentialsProvider(m.S3.AccessKey, m.S3.SecretKey, ""),
	}
}

func (m *machine) deployment() deployment {
	queues := m.queues
	if queues == nil {
		queues = machineQueues
	}
	return deployment{
		url: m.FulfillURL, masters: m.S3.MastersBucket, index: m.S3.IndexBucket,
		ledger: m.DynamoDB.Table, secret: m.Destinations, queues: queues,
		intake: intakePlaces{url: m.IntakeURL, bucket: m.S3.IntakeBucket, secret: m.Senders},
	}
}
