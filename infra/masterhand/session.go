package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
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
	"github.com/spf13/cobra"

	"masterhand/infra/local/running"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/masterhand/screen"
)

// terminal is what a command talks to.
type terminal struct {
	screen.Screen               // for the output
	in            *bufio.Reader // of maxLine, which bounds a line
	err           io.Writer
	// hidden reads a line that is not shown; nil where in is no terminal.
	hidden func() ([]byte, error)
	// interrupted is closed when nothing must be waited for any more; nil never is.
	interrupted <-chan struct{}
}

// session is one run of a command.
type session struct {
	terminal
	name, region, profile string // flags
	localFlag             localFlag
	nameGiven             bool // --name was given
	asJSON                bool // --json was given
	// localOnlyIfGiven is set by a command that deletes something or writes secrets: it
	// works on a system of this machine only if --local was given.
	localOnlyIfGiven bool

	now   func() time.Time
	pause func(context.Context, time.Duration) error
	load  func(ctx context.Context, region, profile string) (aws.Config, error)
	// local returns the system that a file describes, or for "" the newest that runs on
	// this machine. Its errors are one sentence for the operator.
	local func(file string) (running.System, error)
	http  *http.Client
	// project returns the folder of the project, with cdk.json, and cdk runs CDK's command in it.
	project func() (string, error)
	cdk     func(ctx context.Context, folder string, environment []string, out io.Writer, args []string) error

	aws    aws.Config
	system *running.System   // on this machine; nil is AWS
	queues map[string]string // of the system on this machine; nil is localQueues
}

// localFlag is the value of --local[=FILE].
type localFlag struct {
	given bool
	file  string // "" is the newest system that runs
}

// noFile is what pflag sets --local to if it has no value. The help shows it.
const noFile = "FILE"

// Set implements [pflag.Value].
func (f *localFlag) Set(text string) error {
	f.given = true
	if text != noFile {
		f.file = text
	}
	return nil
}

// String implements [pflag.Value].
func (f *localFlag) String() string { return f.file }

// Type implements [pflag.Value].
func (f *localFlag) Type() string { return "file" }

// define adds the flags that say which deployment is meant to a command, or to its
// subcommands, and wraps its help.
func (s *session) define(c *cobra.Command) {
	for _, sub := range c.Commands() {
		s.define(sub)
	}
	if c.HasSubCommands() {
		return
	}
	c.Long = wrapped(cmp.Or(c.Long, c.Short+"."))
	flags := c.Flags()
	flags.StringVar(&s.name, "name", "production", "`environment`, the name in \"cdk deploy -c name=…\"")
	flags.StringVar(&s.region, "region", "", "AWS `region`; found as by AWS's own command unless given")
	flags.StringVar(&s.profile, "profile", "", "AWS `profile`; found as by AWS's own command unless given")
	s.defineLocal(c, "a system on this machine in place of AWS")
}

// defineLocal adds --local to a command; what names the system's use.
func (s *session) defineLocal(c *cobra.Command, what string) {
	c.Flags().Var(&s.localFlag, "local", "``"+what+": the newest that runs, or the one that FILE describes (the line of \""+typed("up --json")+"\")")
	c.Flags().Lookup("local").NoOptDefVal = noFile
}

// withJSON adds --json to a command; what says what is printed.
func (s *session) withJSON(c *cobra.Command, what string) {
	c.Flags().BoolVar(&s.asJSON, "json", false, "print "+what)
}

// openNamed opens the system that the flags name, before the command looks at anything
// else. Any other system is opened once the arguments are checked.
func (s *session) openNamed(c *cobra.Command) error {
	s.nameGiven = c.Flags().Changed("name")
	if s.localFlag.given {
		return s.open(c.Context())
	}
	return nil
}

// The reasons why AWS cannot be asked.
var (
	errNoRegion      = errors.New("no AWS region: set AWS_REGION, or give --region")
	errNoCredentials = errors.New("no AWS credentials: set AWS_PROFILE, or give --profile, or --local for a system on this machine")
	errLocalNotGiven = errors.New("this command changes a system on this machine only with --local")
)

// open finds out which deployment is meant, and with which credentials, unless that is
// known already. Where the SDK finds no region and no flag names a deployment, the system
// that runs on this machine is meant.
func (s *session) open(ctx context.Context) (err error) {
	if s.system != nil || s.aws.Region != "" {
		return nil
	}
	if s.localFlag.given {
		return s.openLocal(s.localFlag.file)
	}
	if s.aws, err = s.load(ctx, s.region, s.profile); err != nil {
		return fmt.Errorf("configuration of AWS: %w", err)
	}
	if s.aws.Region == "" {
		return s.openFound()
	}
	if _, err = s.aws.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("%w (%w)", errNoCredentials, err)
	}
	return nil
}

func (s *session) openLocal(file string) error {
	found, err := s.local(file)
	switch {
	case errors.Is(err, running.ErrNone):
		return fmt.Errorf("%w: start one with \"%s\" in another terminal", err, typed("up"))
	case errors.Is(err, running.ErrNoLine):
		return fmt.Errorf("%w: expected the line of \"%s\"", err, typed("up --json"))
	case err != nil:
		return err
	}
	s.system = &found
	s.aws = localConfig(found)
	return nil
}

// openFound opens the system that runs on this machine and says so.
func (s *session) openFound() error {
	if s.nameGiven {
		return errNoRegion
	}
	if err := s.openLocal(""); err != nil {
		return fmt.Errorf("%w (%w)", errNoRegion, err)
	}
	if s.localOnlyIfGiven {
		s.system, s.aws = nil, aws.Config{}
		return fmt.Errorf("%w; %w", errNoRegion, errLocalNotGiven)
	}
	fmt.Fprintf(s.err, "no AWS region: using the system on this machine at %s\n", s.system.FulfillURL)
	return nil
}

// runningLocal finds a system on this machine.
func runningLocal(file string) (running.System, error) {
	root, err := system.Root()
	if err != nil && file == "" {
		return running.System{}, err
	}
	return running.Select(root, file)
}

// s3 returns a client, path-style where it is not AWS's own S3.
func (s *session) s3() *s3.Client {
	return s3.NewFromConfig(s.aws, func(o *s3.Options) {
		if s.system != nil {
			o.BaseEndpoint = &s.system.S3.Endpoint
		}
		o.UsePathStyle = o.BaseEndpoint != nil
	})
}

func (s *session) dynamodb() *dynamodb.Client {
	return dynamodb.NewFromConfig(s.aws, func(o *dynamodb.Options) {
		if s.system != nil {
			o.BaseEndpoint = &s.system.DynamoDB.Endpoint
		}
	})
}

func (s *session) sqs() *sqs.Client {
	return sqs.NewFromConfig(s.aws, func(o *sqs.Options) {
		if s.system != nil {
			o.BaseEndpoint = &s.system.SQS.Endpoint
		}
	})
}

func (s *session) cloudformation() *cloudformation.Client { return cloudformation.NewFromConfig(s.aws) }
func (s *session) cloudwatch() *cloudwatch.Client         { return cloudwatch.NewFromConfig(s.aws) }
func (s *session) logs() *cloudwatchlogs.Client           { return cloudwatchlogs.NewFromConfig(s.aws) }
func (s *session) lambda() *lambda.Client                 { return lambda.NewFromConfig(s.aws) }
func (s *session) secretsmanager() *secretsmanager.Client { return secretsmanager.NewFromConfig(s.aws) }

// printLines prints each value as one line of JSON.
func printLines[T any](t terminal, list ...T) error {
	for _, v := range list {
		if err := t.JSON(v); err != nil {
			return err
		}
	}
	return nil
}

// errJSONAsks is the error of a command that would have to ask on an output of JSON.
var errJSONAsks = fmt.Errorf("%w: --json asks no questions: give --yes (or --dry-run, where the command has it)", errUsage)

func (t terminal) printf(format string, a ...any) { fmt.Fprintf(t.Out, format, a...) }

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

// mustAgree asks a question that only y answers. Without a terminal nobody can be asked.
func (t terminal) mustAgree(question string) error {
	fmt.Fprintf(t.err, "%s [y/N] ", question)
	if t.hidden == nil {
		fmt.Fprintln(t.err)
		return fmt.Errorf("%w: no terminal to ask on; give --yes", errNotConfirmed)
	}
	answer, err := t.line()
	if err != nil || answer != "y" && answer != "Y" && answer != "yes" {
		return errors.Join(errNotConfirmed, err)
	}
	return nil
}
