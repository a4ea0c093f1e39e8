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
// Package settings says which settings there are. infra/environments has a file of them for each
// environment, which the context overrides.
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
	flag.StringVar(&b.folder, "dist", "dist", "`folder` with the functions, as make build leaves them")
	flag.StringVar(&b.machine, "machine", "arm64", "what they are built for: arm64, or amd64 where they are to run on such a `machine` in an emulation")
	flag.Parse()
	app := awscdk.NewApp(nil)
	told, _ := app.Node().GetAllContext(nil).(map[string]any)
	c, err := settings.Load(".", told)
	_, noBoundary := boundary(told[boundaryKey])
	if err = errors.Join(err, noBoundary, b.check()); err != nil {
		fmt.Fprintf(os.Stderr, "masterhand cannot be deployed like this:\n%v\n", err)
		os.Exit(1)
	}
	for _, library := range c.Guessing() {
		fmt.Fprintf(os.Stderr, "masterhand: library %s declares no codes, so that more files are placed by guess; declare codes: such as HRT-####\n", library)
	}
	newStack(app, c, b)
	app.Synth(nil)
}
