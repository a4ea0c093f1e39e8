// Command masterhand operates a deployment in AWS, and runs the whole system on this machine.
//
// Invariants: The command never takes a secret from the command line. It shows only the last four
// characters of a secret, and only the start of a sender token's hash; "intake url --show-token" is
// the one exception. Before it deletes data that cannot be made again, somebody must type a name,
// for example the bucket's. It reads the addresses of a deployment from the outputs of the stack,
// so the environment's name is enough to find them.
//
//	go run ./infra/masterhand secret acme --name staging
//	go run ./infra/masterhand smoke --name staging
//
// The command finds credentials, region and endpoints as the AWS CLI does.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"masterhand/infra/local/sim/system"
	"masterhand/infra/masterhand/screen"
	"masterhand/shared/kit/backoff"
)

func main() {
	ctx := interruptible()
	log.SetOutput(io.Discard) // hides the log lines of the S3 uploader, because it also returns the errors that it logs
	os.Exit(run(ctx, os.Args[1:], &session{
		terminal: standard(ctx), now: time.Now, pause: pause, load: load, local: runningLocal, http: newClient(),
		project: system.Root, cdk: runCDK,
	}))
}

// interruptible returns a context that ends at the first interrupt. A second interrupt ends the
// program at once; its child processes notice that and also end.
func interruptible() context.Context {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(130) // exit code of an interrupted program, as in a shell
	}()
	return ctx
}

// run executes one command line and returns the exit code: 0 for success, 1 for a failure, 2 for
// wrong arguments, 130 for an interrupt.
func run(ctx context.Context, args []string, s *session) int {
	s.args = args
	root := newRoot(s)
	root.SetArgs(append([]string{}, args...)) // the argument must not be nil: for nil, cobra would read os.Args
	c, err := root.ExecuteContextC(ctx)
	return s.exit(c, err)
}

// exit prints the error of a command and returns the exit code.
func (s *session) exit(c *cobra.Command, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		return 130 // exit code of an interrupted program, as in a shell
	}
	fmt.Fprintf(s.err, "%s: %v\n", c.CommandPath(), err)
	if errors.Is(err, errUsage) {
		_, subcommand, _ := strings.Cut(c.CommandPath(), " ")
		fmt.Fprintf(s.err, "help: %s\n", typed(strings.TrimSpace(subcommand+" --help")))
		return 2
	}
	return 1
}

// load finds the credentials, the region and the endpoints in the same way as the AWS CLI.
func load(ctx context.Context, region, profile string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithSharedConfigProfile(profile))
}

// standard returns the program's standard input and output, which may be a terminal or pipes.
func standard(ctx context.Context) terminal {
	t := terminal{Screen: screen.New(os.Stdout), in: bufio.NewReaderSize(os.Stdin, maxLine), err: os.Stderr, interrupted: ctx.Done()}
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		t.hidden = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	return t
}

// pause waits for the duration d. If ctx ends first, it returns the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	backoff.Sleep(ctx, d)
	return ctx.Err()
}

// runCDK runs the CDK CLI on this program's terminal. It uses the CDK version that the project pins,
// and never downloads another version. An interrupt of this program also interrupts the CLI.
func runCDK(ctx context.Context, folder string, environment []string, out io.Writer, args []string) error {
	c := exec.CommandContext(ctx, "npx", append([]string{"--no", "--", "cdk"}, args...)...)
	c.Dir, c.Env = folder, append(os.Environ(), environment...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, out, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	return c.Run()
}

// newClient returns the HTTP client that calls the function URL. The client does not follow a
// redirect, but returns it as the answer.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
