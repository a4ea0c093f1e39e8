package main

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

// parse takes flags before, between and behind the other arguments.
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	check := silence(flags)
	defer func() {
		if refused := check(); err == nil {
			err = refused
		}
	}()
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		read := len(args) - flags.NArg()
		ended := read > 0 && args[read-1] == "--"
		if args = flags.Args(); len(args) == 0 || ended {
			return append(rest, args...), nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

// silence keeps what a flag refuses from being repeated, as package flag does: somebody may
// have pasted a secret, or a URL that is one. It lasts until check, which returns the first
// refusal.
func silence(flags *flag.FlagSet) (check func() error) {
	flags.VisitAll(func(f *flag.Flag) { f.Value = &silent{Value: f.Value} })
	return func() (refused error) {
		flags.VisitAll(func(f *flag.Flag) {
			v := f.Value.(*silent)
			if f.Value = v.Value; v.refused != nil && refused == nil {
				refused = fmt.Errorf("-%s %w", f.Name, v.refused)
			}
		})
		return refused
	}
}

// silent is a flag's value that keeps its refusal to itself.
type silent struct {
	flag.Value
	refused error
}

// Set implements [flag.Value].
func (v *silent) Set(text string) error {
	if err := v.Value.Set(text); err != nil {
		v.refused = worded(v.Value, err)
	}
	return nil
}

// IsBoolFlag tells package flag whether the flag may stand alone.
func (v *silent) IsBoolFlag() bool {
	b, is := v.Value.(interface{ IsBoolFlag() bool })
	return is && b.IsBoolFlag()
}

var (
	errNoSwitch = errors.New("takes nothing behind it but =true or =false")
	errNoNumber = errors.New("must be a whole number")
	errNoSpan   = errors.New("must be the like of 10m or 36h")
)

// worded tells in our words why a value was refused.
func worded(v flag.Value, err error) error {
	if standard, is := v.(flag.Getter); is {
		switch standard.Get().(type) {
		case bool:
			return errNoSwitch
		case int:
			return errNoNumber
		case time.Duration:
			return errNoSpan
		}
	}
	return err
}
