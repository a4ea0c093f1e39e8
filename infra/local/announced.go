package main

import (
	"masterhand/infra/local/announce"
	"masterhand/shared/awsclient"
	"masterhand/shared/config"
)

// makers are those who announce files, with the tokens of the senders' file.
func (r ready) makers() (announce.Client, error) {
	secrets, err := announce.LoadSecrets(r.Senders)
	if err != nil {
		return announce.Client{}, err
	}
	return announce.New(announce.Config{
		URL: r.IntakeURL, Secrets: secrets, Clients: r.clients(), Bucket: r.S3.IntakeBucket, Table: r.DynamoDB.Table,
	}), nil
}

// clients are clients of a running system's services.
func (r ready) clients() awsclient.Factory {
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": r.S3.AccessKey, "AWS_SECRET_ACCESS_KEY": r.S3.SecretKey}
	return awsclient.New(r.S3.Region, config.Endpoints{S3: r.S3.Endpoint, DynamoDB: r.DynamoDB.Endpoint}, func(key string) (string, bool) {
		value, ok := credentials[key]
		return value, ok
	})
}
