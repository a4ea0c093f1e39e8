// Command intake is a reference program that only constructs the SDK clients of the function
// intake.
package main

import (
	"masterhand/infra/bench/coldstart/reference"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/secretsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
)

func main() {
	f := reference.Factory()
	reference.Start(s3client.New(f), secretsclient.New(f), sqsclient.New(f))
}
