package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
)

// newBucket makes a bucket that is encrypted, accepts only TLS connections and has no public access.
func newBucket(scope constructs.Construct, id string, props awss3.BucketProps) awss3.Bucket {
	props.Encryption = awss3.BucketEncryption_S3_MANAGED
	props.EnforceSSL = new(true)
	props.MinimumTLSVersion = new(1.2)
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	return awss3.NewBucket(scope, &id, &props)
}
