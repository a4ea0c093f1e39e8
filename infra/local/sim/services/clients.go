package services

import (
	"masterhand/infra/local/clients"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
)

// Environment returns the environment variables with which a function reaches the services:
// endpoints and credentials.
func (s *Services) Environment() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID":     s.AccessKey,
		"AWS_SECRET_ACCESS_KEY": s.SecretKey,

		names.EndpointS3:             s.S3,
		names.EndpointDynamoDB:       s.DynamoDB,
		names.EndpointSQS:            s.SQS,
		names.EndpointSecretsManager: s.SecretsManager,

		names.MastersBucket:      s.Name(MastersBucket),
		names.IndexBucket:        s.Name(IndexBucket),
		names.LedgerTable:        s.Name(Table),
		names.DestinationsSecret: s.Name(Secret),
		names.IndexQueue:         s.IndexQueueURL,
		names.IndexDeadLetters:   s.DeadLettersURL,
		names.ReindexQueue:       s.ReindexQueueURL,
		names.FinishQueue:        s.FinishQueueURL,
		names.IntakeBucket:       s.Name(IntakeBucket),
		names.IntakeSecret:       s.Name(SendersSecret),
		names.CollectQueue:       s.CollectQueueURL,
		names.DoorQueue:          s.DoorQueueURL,
		names.DoorBucket:         s.Name(DoorBucket),
		names.DoorEventsQueue:    s.DoorEventsQueueURL,
	}
}

// Clients returns clients of these services.
func (s *Services) Clients() clients.All {
	return s.clients(variables.Endpoints{S3: s.S3, DynamoDB: s.DynamoDB, SQS: s.SQS, SecretsManager: s.SecretsManager})
}

// clients returns clients of the services at the given endpoints. The endpoints need not include
// all services, because clients is called while some services are still starting.
func (s *Services) clients(at variables.Endpoints) clients.All {
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": s.AccessKey, "AWS_SECRET_ACCESS_KEY": s.SecretKey}
	return clients.All{Factory: awsclient.New(Region, at, func(key string) (string, bool) {
		value, ok := credentials[key]
		return value, ok
	})}
}
