// Command collect is a reference program that only constructs the SDK clients of the function
// collect.
package main

import (
	"masterhand/infra/bench/coldstart/reference"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/snsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
)

func main() {
	f := reference.Factory()
	reference.Start(dynamoclient.New(f), s3client.New(f), snsclient.New(f), sqsclient.New(f))
}
