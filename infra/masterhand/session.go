package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// terminal is what a command talks to.
type terminal struct {
	in       *bufio.Reader // of maxLine, which bounds a line
	out, err io.Writer
	// hidden reads a line that is not shown; nil where in is no terminal.
	hidden func() ([]byte, error)
	// screen: out is a terminal, whose lines may be written over; colours: and it wants them.
	screen, colours bool
	// interrupted is closed when nothing is to be waited for any more; nil never is.
	interrupted <-chan struct{}
}

// session is one run of a command.
type session struct {
	terminal
	name, region, profile, to string // flags

	now   func() time.Time
	pause func(context.Context, time.Duration) error
	load  func(ctx context.Context, region, profile string) (aws.Config, error)
	http  *http.Client

	aws     aws.Config
	machine *machine // a system on one machine; nil is AWS
}

// The reasons why AWS cannot be asked.
var (
	errNoRegion      = errors.New("no AWS region: set AWS_REGION, or tell one with -region")
	errNoCredentials = errors.New("no AWS credentials: set AWS_PROFILE, or tell a profile with -profile, or a system on this machine with -to")
)

// define adds the flags that all commands have.
func (s *session) define(flags *flag.FlagSet) {
	flags.StringVar(&s.name, "name", "production", "`environment`, as told to cdk deploy by -c name=…")
	flags.StringVar(&s.region, "region", "", "AWS `region`; as AWS's own command finds it unless told")
	flags.StringVar(&s.profile, "profile", "", "AWS `profile`; as AWS's own command finds it unless told")
	flags.StringVar(&s.to, "to", "", "a system on this machine in place of AWS: `file` with the line that \"go run ./infra/local up -json\" prints")
}

// open finds out whom to talk to, and as whom, unless that is known already.
func (s *session) open(ctx context.Context) (err error) {
	if s.machine != nil || s.aws.Region != "" {
		return nil
	}
	if s.to != "" {
		s.machine, err = readMachine(s.to)
		if err == nil {
			s.aws = s.machine.config()
		}
		return err
	}
	if s.aws, err = s.load(ctx, s.region, s.profile); err != nil {
		return fmt.Errorf("configuration of AWS: %w", err)
	}
	if s.aws.Region == "" {
		return errNoRegion
	}
	if _, err = s.aws.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("%w (%w)", errNoCredentials, err)
	}
	return nil
}

// s3 returns a client, path-style where it is not AWS's own S3.
func (s *session) s3() *s3.Client {
	return s3.NewFromConfig(s.aws, func(o *s3.Options) {
		if s.machine != nil {
			o.BaseEndpoint = &s.machine.S3.Endpoint
		}
		o.UsePathStyle = o.BaseEndpoint != nil
	})
}

func (s *session) dynamodb() *dynamodb.Client {
	return dynamodb.NewFromConfig(s.aws, func(o *dynamodb.Options) {
		if s.machine != nil {
			o.BaseEndpoint = &s.machine.DynamoDB.Endpoint
		}
	})
}

func (s *session) sqs() *sqs.Client {
	return sqs.NewFromConfig(s.aws, func(o *sqs.Options) {
		if s.machine != nil {
			o.BaseEndpoint = &s.machine.SQS.Endpoint
		}
	})
}

func (s *session) cloudformation() *cloudformation.Client { return cloudformation.NewFromConfig(s.aws) }
func (s *session) cloudwatch() *cloudwatch.Client         { return cloudwatch.NewFromConfig(s.aws) }
func (s *session) logs() *cloudwatchlogs.Client           { return cloudwatchlogs.NewFromConfig(s.aws) }
func (s *session) lambda() *lambda.Client                 { return lambda.NewFromConfig(s.aws) }
func (s *session) secretsmanager() *secretsmanager.Client { return secretsmanager.NewFromConfig(s.aws) }

func (t terminal) printf(format string, a ...any) { fmt.Fprintf(t.out, format, a...) }

// warn goes beside the output, so that this can be piped on.
func (t terminal) warn(format string, a ...any) { fmt.Fprintf(t.err, "warning: "+format+"\n", a...) }

// maxLine bounds what is read as one line, in bytes.
const maxLine = 64 << 10

// line reads one line of the input, without its end. A read from a terminal cannot be
// ended: interrupted, it is left behind, and the program with it.
func (t terminal) line() (string, error) {
	type answer struct {
		text string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		text, err := t.in.ReadSlice('\n')
		typed <- answer{string(text), err}
	}()
	select {
	case a := <-typed:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", fmt.Errorf("reading the input: %w", a.err)
		}
		return strings.TrimRight(a.text, "\r\n"), nil
	case <-t.interrupted:
		return "", context.Canceled
	}
}

var errNotConfirmed = errors.New("not confirmed; nothing was changed")

// mustConfirm asks for a word and refuses to go on unless it is typed.
func (t terminal) mustConfirm(word, question string) error {
	fmt.Fprintf(t.err, "%s\nType %q to confirm: ", question, word)
	answer, err := t.line()
	if err != nil || answer != word {
		return errors.Join(errNotConfirmed, err)
	}
	return nil
}
