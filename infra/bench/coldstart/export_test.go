package coldstart

import (
	"context"
	"time"
)

// References is the folder with the packages of the reference programs.
const References = references

// Flags returns the go build flags with which the benchmark builds the programs.
func Flags() []string { return flags }

// Functions maps the name of each function to the name of its reference program.
func Functions() map[string]string {
	all := map[string]string{}
	for _, f := range functions {
		all[f.name] = f.reference
	}
	return all
}

// Start starts a program once, in the same way as Run, and returns its start time.
func Start(ctx context.Context, path string) (time.Duration, error) {
	l, err := newLauncher(ctx)
	if err != nil {
		return 0, err
	}
	defer l.close()
	return l.start(ctx, path)
}
