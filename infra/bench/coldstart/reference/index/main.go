// Command index is a reference program that only constructs the SDK clients of the function index.
package main

import (
	"masterhand/infra/bench/coldstart/reference"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/sqsclient"
)

func main() {
	f := reference.Factory()
	reference.Start(s3client.New(f), sqsclient.New(f))
}
