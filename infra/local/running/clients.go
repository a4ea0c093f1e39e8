package running

import (
	"masterhand/infra/local/clients"
	"masterhand/infra/local/scenario/announce"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/variables"
)

// Clients returns clients of the system's services.
func (s System) Clients() clients.All {
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": s.S3.AccessKey, "AWS_SECRET_ACCESS_KEY": s.S3.SecretKey}
	at := variables.Endpoints{S3: s.S3.Endpoint, DynamoDB: s.DynamoDB.Endpoint, SQS: s.SQS.Endpoint}
	return clients.All{Factory: awsclient.New(s.S3.Region, at, func(key string) (string, bool) {
		value, ok := credentials[key]
		return value, ok
	})}
}

// Announcers returns a client that announces files to the system. The client uses the tokens in the
// system's senders' file.
func (s System) Announcers() (announce.Client, error) {
	secrets, err := announce.LoadSecrets(s.Senders)
	if err != nil {
		return announce.Client{}, err
	}
	return announce.New(announce.Config{
		URL: s.IntakeURL, Secrets: secrets, Clients: s.Clients(), Bucket: s.S3.IntakeBucket, Table: s.DynamoDB.Table,
	}), nil
}
