// Command empty is a reference program: a bootstrap whose handler does nothing. No function can
// start faster.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(func(context.Context) error { return nil }) }
