// Package reference runs the bootstraps that cold starts are compared with. Each constructs the
// SDK clients of a function in the same way as the function, and does nothing else.
package reference

import (
	"context"
	"os"
	"runtime"

	"github.com/aws/aws-lambda-go/lambda"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
)

// Factory returns the client factory for the region in the environment.
func Factory() awsclient.Factory {
	return awsclient.New(os.Getenv(names.Region), variables.Endpoints{}, os.LookupEnv)
}

// Start serves invocations with a handler that does nothing and keeps the clients reachable.
func Start(clients ...any) {
	lambda.Start(func(context.Context) error {
		runtime.KeepAlive(clients)
		return nil
	})
}
