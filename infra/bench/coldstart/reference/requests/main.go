// Command requests is a reference program that only constructs the SDK clients of the functions
// fulfill, finish and receive.
package main

import (
	"masterhand/infra/bench/coldstart/reference"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/secretsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
)

func main() {
	f := reference.Factory()
	reference.Start(dynamoclient.New(f), s3client.New(f), secretsclient.New(f), sqsclient.New(f))
}
