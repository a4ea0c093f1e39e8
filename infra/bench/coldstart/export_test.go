package coldstart

import (
	"context"
	"time"
)

// References is the folder of the references' commands.
const References = references

// Flags returns the flags that programs are built with.
func Flags() []string { return flags }

// Functions returns the name of each function's reference, keyed by the function's name.
func Functions() map[string]string {
	all := map[string]string{}
	for _, f := range functions {
		all[f.name] = f.reference
	}
	return all
}

// Start starts a program once, as Run does.
func Start(ctx context.Context, path string) (time.Duration, error) {
	l, err := newLauncher(ctx)
	if err != nil {
		return 0, err
	}
	defer l.close()
	return l.start(ctx, path)
}
