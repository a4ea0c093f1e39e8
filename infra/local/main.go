// Command local runs all of masterhand on one machine: the functions' real binaries,
// S3, DynamoDB and SQS by their real protocols, and a far side with its real quirks.
//
//	go run ./infra/local up      the system, until Ctrl-C
//	go run ./infra/local demo    a guided tour
//	go run ./infra/local send    one event to a running system
//	go run ./infra/local load    a burst, or hours, of everything that may come
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"masterhand/infra/local/sim/child"
)

const usage = `masterhand on one machine

  go run ./infra/local up   [-json] [-data DIR] [-destinations FILE] [-senders FILE]
                                                                       the whole system, until Ctrl-C
  go run ./infra/local demo [-size MB]                                 a guided tour; exits 1 if anything is not as it should be
  go run ./infra/local send [-to FILE] EVENT.json                      fill, sign and send an event to a running "up"
  go run ./infra/local load [-requests N] [-at-once N] [-seed N] [-for TIME] [-rate N] [-faults]
                                                                       a burst, or a soak, against a system of its own;
                                                                       exits 1 unless every request ended as it should
  go run ./infra/local load -intake N                                  N senders announce at once while nobody collects;
                                                                       exits 1 unless all is taken at once and kept, and warm
                                                                       executions answer 99 of 100 in under a second

"COMMAND -h" tells its flags.
`

// command is a subcommand; it returns when it is done or ctx ends.
type command func(ctx context.Context, args []string) error

// errUsage is a command line that cannot be meant; what is wrong with it, was printed.
var errUsage = errors.New("unusable command line")

// newFlags begins a command's flags, with the help that all commands have alike; args are
// what follows the flags.
func newFlags(name, args, long string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.Usage = func() {
		line := strings.TrimSpace("usage: local " + name + " [flags] " + args)
		fmt.Fprintf(flags.Output(), "%s\n\n%s\n\n", line, long)
		flags.PrintDefaults()
	}
	return flags
}

// parse reads a command's flags and holds it to n arguments after them.
func parse(flags *flag.FlagSet, args []string, n int) error {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return errUsage
	case flags.NArg() != n:
		fmt.Fprintf(flags.Output(), "%d arguments where %d are expected\n", flags.NArg(), n)
		flags.Usage()
		return errUsage
	}
	return nil
}

func main() {
	commands := map[string]command{"up": up, "demo": demo, "send": send, "load": loadRun}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	ctx, cancel := child.WithParent(interruptible(), time.Second)
	defer cancel()
	err := commands[os.Args[1]](ctx, os.Args[2:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		cancel()
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "local %s: %v\n", os.Args[1], err)
		cancel()
		os.Exit(1)
	}
}

// interruptible returns a context that ends with the first signal. A second one ends the
// program at once, and the children notice.
func interruptible() context.Context {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(130) // as shells report an interrupted program
	}()
	return ctx
}
