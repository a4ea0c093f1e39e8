package main

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"masterhand/infra/local/running"
)

// localQueues holds the names of the queues on this machine, by the name of the stack's output that
// has the queue's URL in AWS.
var localQueues = map[string]string{
	"IndexQueueUrl": "index-events", "IndexDeadLettersUrl": "index-dead-letters",
	"ReindexQueueUrl": "reindex-batches", "ReindexDeadLettersUrl": "reindex-dead-letters",
	"FinishQueueUrl": "finish-requests", "FinishDeadLettersUrl": "finish-dead-letters",
	"DoorQueueUrl": "platform-events", "DoorDeadLettersUrl": "platform-dead-letters",
	"DoorEventsQueueUrl": "stored-events", "DoorEventsDeadLettersUrl": "stored-dead-letters",
	"CollectQueueUrl": "collect-announcements", "CollectDeadLettersUrl": "collect-dead-letters",
}

var (
	errNoMatches = errors.New("the last matches of secrets are unknown on this machine: only CloudWatch in AWS counts them")
	errAWSOnly   = errors.New("this command works in AWS only")
)

func localConfig(s running.System) aws.Config {
	return aws.Config{
		Region:      s.S3.Region,
		Credentials: credentials.NewStaticCredentialsProvider(s.S3.AccessKey, s.S3.SecretKey, ""),
	}
}

// localDeployment returns the addresses and names of the parts of the system on this machine.
func (s *session) localDeployment() deployment {
	queues := s.queues
	if queues == nil {
		queues = localQueues
	}
	return deployment{
		url: s.system.FulfillURL, masters: s.system.S3.MastersBucket, index: s.system.S3.IndexBucket,
		ledger: s.system.DynamoDB.Table, secret: s.system.Destinations, queues: queues,
		intake: intakePlaces{url: s.system.IntakeURL, bucket: s.system.S3.IntakeBucket, secret: s.system.Senders},
		doors:  doorPlaces{bucket: s.system.Doors.Bucket},
	}
}
