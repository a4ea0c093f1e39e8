// Command masterhand is the one command of the project: what an operator does with a
// deployment, and with a system that runs on this machine.
//
// Invariants: a secret is never taken from the command line. Of a secret only the last
// four characters are shown, of a sender's token only the start of its hash; the one
// exception is the URL with a token in it, if somebody asks for it. Nothing that cannot be
// made again is deleted unless somebody has typed its name. The addresses of a deployment
// come from its stack's outputs, so that the environment's name is enough to find it.
//
//	go run ./infra/masterhand secret acme --name staging
//	go run ./infra/masterhand smoke --name staging
//
// Credentials, region and endpoints are found as by AWS's own command.
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
	log.SetOutput(io.Discard) // the uploader returns what it logs
	os.Exit(run(ctx, os.Args[1:], &session{
		terminal: standard(ctx), now: time.Now, pause: pause, load: load, local: runningLocal, http: newClient(),
		project: system.Root, cdk: runCDK,
	}))
}

// interruptible returns a context that ends with the first signal. A second one ends the
// program at once, and its children notice.
func interruptible() context.Context {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(130) // as shells report an interrupt
	}()
	return ctx
}

// run carries out one command line and returns the exit code: 0, 1 for a failure, 2 for
// wrong arguments, 130 for an interrupt.
func run(ctx context.Context, args []string, s *session) int {
	root := newRoot(s)
	root.SetArgs(append([]string{}, args...)) // nil would mean this program's own
	c, err := root.ExecuteContextC(ctx)
	return s.exit(c, err)
}

// exit says how a command failed and returns its exit code.
func (s *session) exit(c *cobra.Command, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		return 130 // as shells report an interrupt
	}
	fmt.Fprintf(s.err, "%s: %v\n", c.CommandPath(), err)
	if errors.Is(err, errUsage) {
		_, subcommand, _ := strings.Cut(c.CommandPath(), " ")
		fmt.Fprintf(s.err, "help: %s\n", typed(strings.TrimSpace(subcommand+" --help")))
		return 2
	}
	return 1
}

// load finds credentials, region and endpoints as AWS's own command does.
func load(ctx context.Context, region, profile string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithSharedConfigProfile(profile))
}

// standard is the terminal, or the pipes, that the program was started on.
func standard(ctx context.Context) terminal {
	t := terminal{Screen: screen.New(os.Stdout), in: bufio.NewReaderSize(os.Stdin, maxLine), err: os.Stderr, interrupted: ctx.Done()}
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		t.hidden = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	return t
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	backoff.Sleep(ctx, d)
	return ctx.Err()
}

// runCDK runs CDK's command as the project pins it, with this program's terminal. It never
// downloads one. An interrupt reaches the command as it reaches this program.
func runCDK(ctx context.Context, folder string, environment []string, out io.Writer, args []string) error {
	c := exec.CommandContext(ctx, "npx", append([]string{"--no", "--", "cdk"}, args...)...)
	c.Dir, c.Env = folder, append(os.Environ(), environment...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, out, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	return c.Run()
}

// newClient makes the client of the webhook. It returns a redirect like any other answer.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
