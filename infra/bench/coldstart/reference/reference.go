// Package reference starts the reference programs with which the functions' cold starts are
// compared. A reference program constructs the SDK clients of a function in the same way as that
// function, and does nothing else.
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

// Factory returns the factory of SDK clients for the region that the environment names.
func Factory() awsclient.Factory {
	return awsclient.New(os.Getenv(names.Region), variables.Endpoints{}, os.LookupEnv)
}

// Start serves invocations with a handler that does nothing. It keeps the clients reachable, so
// that the compiler cannot remove them.
func Start(clients ...any) {
	lambda.Start(func(context.Context) error {
		runtime.KeepAlive(clients)
		return nil
	})
}
