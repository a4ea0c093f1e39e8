// Command infra is the CDK app that puts masterhand into an AWS account: one stack
// with everything in it.
//
// Invariants: no custom resources, so that no Lambda function runs in the account that
// is not in functions/; no names given to what AWS names itself, so that any number of
// environments live side by side; every permission is written out where the store is
// that it opens; the same context and the same binaries give the same template, byte by
// byte.
//
//	npx cdk deploy -c name=staging -c alarmEmail=oncall@example.com
//
// config.go lists what the context may say.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// built is where "make build" puts the functions, seen from where cdk.json lies.
const built = "dist"

func main() {
	app := awscdk.NewApp(nil)
	told, _ := app.Node().GetAllContext(nil).(map[string]any)
	c, err := load(told)
	if err == nil {
		err = checkBuilt(built)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "masterhand cannot be deployed like this:\n%v\n", err)
		os.Exit(1)
	}
	newStack(app, c, built)
	app.Synth(nil)
}
