// Package reference starts bootstraps that construct the SDK clients of a function as the
// function does, and do nothing else.
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

// Factory returns the factory for the region in the environment.
func Factory() awsclient.Factory {
	return awsclient.New(os.Getenv(names.Region), variables.Endpoints{}, os.LookupEnv)
}

// Start serves invocations with a handler that keeps the clients and does nothing.
func Start(clients ...any) {
	lambda.Start(func(context.Context) error {
		runtime.KeepAlive(clients)
		return nil
	})
}
