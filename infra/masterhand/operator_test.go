package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"masterhand/infra/local/running"
	"masterhand/infra/masterhand/screen"
)

// said holds the output and the exit code of a command.
type said struct {
	code     int
	out, err string
}

// all returns everything that the command printed, first standard output and then standard error.
func (s said) all() string { return s.out + s.err }

// operator holds how a test uses a command: as a person at a terminal, or as a script.
type operator struct {
	input  string
	hidden string // secret that is typed without being shown; "" means that the input is no terminal
	pause  func(context.Context, time.Duration) error
	now    func() time.Time // function that returns the present time; nil means that the time is always noon
	root   string           // project's folder, where commands find a running system and "deploy" finds settings
	cdk    func(environment []string, args []string) error
}

// run runs a command on the fake account.
func (a *account) run(o operator, args ...string) said {
	a.t.Helper()
	return o.run(a.t, func(context.Context, string, string) (aws.Config, error) {
		return aws.Config{
			Region: "eu-central-1", BaseEndpoint: &a.URL, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		}, nil
	}, args...)
}

func (o operator) run(t *testing.T, load func(context.Context, string, string) (aws.Config, error), args ...string) said {
	t.Helper()
	var out, err bytes.Buffer
	s := &session{
		terminal: terminal{Screen: screen.Screen{Out: &out}, in: bufio.NewReaderSize(strings.NewReader(o.input), maxLine), err: &err},
		now:      func() time.Time { return noon }, pause: o.pause, load: load, http: newClient(),
	}
	if o.now != nil {
		s.now = o.now
	}
	if o.hidden != "" {
		s.hidden = func() ([]byte, error) { return []byte(o.hidden), nil }
	}
	s.local = func(file string) (running.System, error) { return running.Select(o.root, file) }
	s.project = func() (string, error) { return o.root, nil }
	s.cdk = func(_ context.Context, folder string, environment []string, out io.Writer, args []string) error {
		if folder != o.root {
			t.Errorf("CDK's command runs in %s", folder)
		}
		fmt.Fprintln(out, "cdk at work")
		return o.cdk(environment, args)
	}
	code := run(t.Context(), args, s)
	return said{code, out.String(), err.String()}
}

// expect fails the test unless the command ended with this exit code and its output contains all of
// these words.
func (s said) expect(t *testing.T, code int, words ...string) {
	t.Helper()
	if s.code != code {
		t.Errorf("exit code %d, want %d\n%s", s.code, code, s.all())
	}
	for _, word := range words {
		if !strings.Contains(s.all(), word) {
			t.Errorf("%q is missing in\n%s", word, s.all())
		}
	}
}

// quiet fails the test if the command's output contains any of these words.
func (s said) quiet(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(s.all(), word) {
			t.Errorf("%q is in\n%s", word, s.all())
		}
	}
}

// inSession runs a command with a session that has already selected its deployment.
func (o operator) inSession(t *testing.T, s *session, args ...string) said {
	t.Helper()
	var out, err bytes.Buffer
	s.terminal = terminal{Screen: screen.Screen{Out: &out}, in: bufio.NewReaderSize(strings.NewReader(o.input), maxLine), err: &err}
	return said{run(t.Context(), args, s), out.String(), err.String()}
}

// Ctrl-C ends a command that waits for an answer, even if no line is typed.
func TestCtrlCEndsAQuestion(t *testing.T) {
	t.Parallel()
	silent, typing := io.Pipe()
	defer typing.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	tty := terminal{in: bufio.NewReader(silent), err: io.Discard, interrupted: over.Done()}
	if err := tty.mustConfirm("yes", "Go on?"); !errors.Is(err, context.Canceled) || !errors.Is(err, errNotConfirmed) {
		t.Errorf("%v", err)
	}
}
