// Command empty is a bootstrap whose handler does nothing. It is the fastest possible start.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(func(context.Context) error { return nil }) }
