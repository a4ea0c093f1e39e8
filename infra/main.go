// Command infra is the CDK app that deploys masterhand to an AWS account, as one stack.
//
//	npx cdk deploy -c name=staging -c alarmEmail=oncall@example.com
//
// Package settings defines the settings. infra/environments has a file of settings for each
// environment, and CDK's context overrides the file.
//
// Invariants:
//   - No custom resources: the account runs only the Lambda functions of functions/.
//   - AWS generates the resources' names, so that an account can hold several environments.
//   - The code that grants access to a resource is in the file of that resource.
//   - The same context and the same binaries produce the same template, byte by byte.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"masterhand/infra/settings"
)

func main() {
	var b binaries
	flag.StringVar(&b.folder, "dist", "dist", "`folder` with the functions that make build has built")
	flag.StringVar(&b.machine, "machine", "arm64", "`machine` that the functions are built for: arm64, or amd64 for an emulation on such a machine")
	flag.Parse()
	app := awscdk.NewApp(nil)
	told, _ := app.Node().GetAllContext(nil).(map[string]any)
	c, err := settings.Load(".", told)
	_, noBoundary := boundary(told[boundaryKey])
	if err = errors.Join(err, noBoundary, b.check()); err != nil {
		fmt.Fprintf(os.Stderr, "masterhand cannot be deployed:\n%v\n", err)
		os.Exit(1)
	}
	for _, library := range c.Guessing() {
		fmt.Fprintf(os.Stderr, "masterhand: library %s declares no codes, so that codes in file names are guessed; set codes, for example HRT-####\n", library)
	}
	newStack(app, c, b)
	app.Synth(nil)
}
