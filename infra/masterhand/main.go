// Command ops is the operator's command: what there is to do with a deployment once it
// stands.
//
// Invariants: a secret is never taken from the command line and never shown, of it only
// its last four characters, of a sender's token the start of its hash; but for the URL with
// the token in it, where somebody asks to see that. Nothing is changed that cannot be made
// again unless somebody has typed what it is; where the parts of a deployment are is read
// from its stack's outputs, so that the environment's name is all that must be told.
//
//	go run ./infra/ops secret acme -name staging
//	go run ./infra/ops smoke -name staging
//
// Credentials, region and endpoints are found as by AWS's own command.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"golang.org/x/term"

	"masterhand/infra/nearest"
)

// action is a command whose flags are known; args are what is left of the line.
type action func(ctx context.Context, args []string) error

// command is one of the operator's commands.
type command struct {
	name, args, short string
	long              string // what is worth knowing before it runs
	define            func(*session, *flag.FlagSet) action
}

// commands are all there are, in the order of a deployment's life.
func commands() []command {
	return []command{
		urlCommand, secretCommand, secretsCommand, secretDropCommand, smokeCommand, connectCommand, reindexCommand,
		logsCommand, uploadCommand, coverageCommand, unplacedCommand, requestsCommand, explainCommand,
		intakeURLCommand, intakeTokenCommand, intakeTokensCommand, intakeTokenDropCommand, intakeVerifierCommand,
		intakeListCommand, intakeShowCommand, intakeReplayCommand, redriveCommand, destroyCommand,
	}
}

// errUsage is a command line that cannot be understood; help is shown after it.
var errUsage = errors.New("wrong arguments")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log.SetOutput(io.Discard) // the uploader's: what it logs, it returns too
	os.Exit(run(ctx, os.Args[1:], &session{
		terminal: standard(ctx), now: time.Now, pause: pause, load: load,
		http: newClient(),
	}))
}

// run carries out one command line and returns the exit code: 0, 1 for what failed,
// 2 for what was not understood.
func run(ctx context.Context, args []string, s *session) int {
	for _, c := range commands() {
		if rest, called := c.called(args); called {
			return s.exit(c.name, c.run(ctx, rest, s))
		}
	}
	asked, family := args, family(args)
	if len(family) < len(commands()) && len(args) > 1 {
		args = args[1:]
	}
	if len(args) > 0 && slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		usage(s.out, family)
		return 0
	}
	usage(s.err, family)
	s.tellUnknown(asked)
	return 2
}

// tellUnknown says last, where it is seen, which command there is not. What is longer
// than any of them is not repeated: somebody may have pasted a secret.
func (s *session) tellUnknown(words []string) {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	if ofFamily := len(family(words)) < len(names); len(words) == 0 || ofFamily && len(words) == 1 {
		return // nothing was asked for, or half a name
	} else if !ofFamily {
		words = words[:1]
	}
	word := strings.Join(words[:min(len(words), 2)], " ")
	hint := ""
	if name, found := nearest.To(word, names); found {
		hint = ": did you mean " + name + "?"
	}
	if !slices.ContainsFunc(names, func(name string) bool { return len(name) >= len(word) }) {
		word, hint = "(not shown: longer than any)", ""
	}
	fmt.Fprintf(s.err, "\nunknown command %s%s\n", printable(word), hint)
}

// called reports whether the line is this command's, which may have two words for a
// name, and what is left of it.
func (c command) called(args []string) (rest []string, called bool) {
	words := strings.Fields(c.name)
	if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
		return nil, false
	}
	return args[len(words):], true
}

// family returns the commands that begin with the line's first word, or all.
func family(args []string) []command {
	if len(args) == 0 {
		return commands()
	}
	of := slices.DeleteFunc(commands(), func(c command) bool { return !strings.HasPrefix(c.name, args[0]+" ") })
	if len(of) == 0 {
		return commands()
	}
	return of
}

// exit tells how a command ended and returns its exit code.
func (s *session) exit(name string, err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, context.Canceled):
		return 130 // as shells count an interrupt
	case errors.Is(err, errUsage):
		fmt.Fprintf(s.err, "ops %s: %v (-h tells more)\n", name, err)
		return 2
	}
	fmt.Fprintf(s.err, "ops %s: %v\n", name, err)
	return 1
}

func (c command) run(ctx context.Context, args []string, s *session) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are told once, by run
	act := c.define(s, flags)
	s.define(flags)
	rest, err := parse(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		c.help(s.out, flags)
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if s.to != "" {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	return act(ctx, rest) // which opens AWS once the arguments are checked
}

func (c command) help(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(out, "usage: ops %s\n\n%s\n\n", strings.TrimSpace(c.name+" "+c.args), c.short)
	if c.long != "" {
		fmt.Fprintf(out, "%s\n\n", c.long)
	}
	flags.SetOutput(out)
	flags.PrintDefaults()
}

func usage(out io.Writer, list []command) {
	fmt.Fprintf(out, "masterhand's operator's command\n\n")
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, c := range list {
		fmt.Fprintf(t, "  ops %s %s\t%s\n", c.name, c.args, c.short)
	}
	_ = t.Flush() // out's errors show where they matter, at what follows
	fmt.Fprintf(out, "\nAll take -name ENVIRONMENT, -region, -profile, and -to FILE for a system on this machine.\n\"ops COMMAND -h\" tells more.\n")
}

// load finds credentials, region and endpoints as AWS's own command does.
func load(ctx context.Context, region, profile string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithSharedConfigProfile(profile))
}

// standard is the terminal, or the pipes, that the program was started on.
func standard(ctx context.Context) terminal {
	t := terminal{in: bufio.NewReaderSize(os.Stdin, maxLine), out: os.Stdout, err: os.Stderr, interrupted: ctx.Done()}
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		t.hidden = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	t.screen = term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb"
	_, dull := os.LookupEnv("NO_COLOR") // see no-color.org
	t.colours = t.screen && !dull
	return t
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// newClient makes the client of the webhook: a redirect is an answer like any other.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
