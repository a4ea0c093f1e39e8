// Command widget is a reference program that only constructs the SDK clients of the function
// widget.
package main

import (
	"masterhand/infra/bench/coldstart/reference"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
)

func main() {
	f := reference.Factory()
	reference.Start(dynamoclient.New(f), s3client.New(f))
}
