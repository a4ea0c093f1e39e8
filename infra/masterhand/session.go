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

// terminal holds the input and the outputs of a command.
type terminal struct {
	screen.Screen               // standard output
	in            *bufio.Reader // standard input; the size of its buffer is maxLine, which limits the length of a line
	err           io.Writer
	// hidden reads a line that the terminal does not show. It is nil if the input is not a
	// terminal.
	hidden func() ([]byte, error)
	// interrupted is closed when the user interrupts the command, which must then stop waiting for
	// input. nil means that this never happens.
	interrupted <-chan struct{}
}

// session holds the flags, the dependencies and the selected deployment of one command.
type session struct {
	terminal
	name, region, profile string // values of --name, --region and --profile
	localFlag             localFlag
	nameGiven             bool // whether the flag --name was given
	asJSON                bool // whether the flag --json was given
	// localOnlyIfGiven is set by a command that deletes something or writes secrets. Such a command
	// uses a system on this machine only if --local was given.
	localOnlyIfGiven bool
	args             []string // arguments of the program, without the program's name

	now   func() time.Time
	pause func(context.Context, time.Duration) error
	load  func(ctx context.Context, region, profile string) (aws.Config, error)
	// local returns the system that a file describes. For "" it returns the running system on this
	// machine that was started last. The text of its errors is one sentence for the operator.
	local func(file string) (running.System, error)
	http  *http.Client
	// project returns the project's folder, which contains cdk.json. cdk runs the CDK CLI in a
	// folder.
	project func() (string, error)
	cdk     func(ctx context.Context, folder string, environment []string, out io.Writer, args []string) error

	aws    aws.Config
	system *running.System   // the selected system on this machine; nil means that a deployment in AWS is selected
	queues map[string]string // names of the queues on this machine, by the name of the stack's output; nil means localQueues
}

// localFlag is the value of --local[=FILE].
type localFlag struct {
	given bool
	file  string // file that describes the system; "" means the running system that was started last
}

// noFile is the value that pflag passes to Set if --local is given without a file. The help shows it
// as the name of the value.
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

// define breaks a command's help text into lines, and adds the flags that select a deployment. If
// the command has subcommands, define changes each subcommand instead.
func (s *session) define(c *cobra.Command) {
	for _, sub := range c.Commands() {
		s.define(sub)
	}
	if c.HasSubCommands() {
		return
	}
	c.Long = wrapped(cmp.Or(c.Long, c.Short+"."))
	flags := c.Flags()
	flags.StringVar(&s.name, "name", "production", "name of the `environment`, as in \"cdk deploy -c name=…\"")
	flags.StringVar(&s.region, "region", "", "AWS `region`; unless given, found as by the AWS CLI")
	flags.StringVar(&s.profile, "profile", "", "AWS `profile`; unless given, found as by the AWS CLI")
	s.defineLocal(c, "use a system on this machine instead of AWS")
}

// defineLocal adds the flag --local to a command. The parameter what is the start of the flag's
// help text, for example "use a system on this machine instead of AWS".
func (s *session) defineLocal(c *cobra.Command, what string) {
	c.Flags().Var(&s.localFlag, "local", "``"+what+": the one that was started last, or the one that FILE describes (the output of \""+typed("up --json")+"\")")
	c.Flags().Lookup("local").NoOptDefVal = noFile
}

// withJSON adds the flag --json to a command. The parameter what describes the printed JSON, for
// the flag's help.
func (s *session) withJSON(c *cobra.Command, what string) {
	c.Flags().BoolVar(&s.asJSON, "json", false, "print "+what)
}

// openNamed runs before the command itself. If --local is given, it opens the system on this
// machine. Any other deployment is opened later, after the arguments are checked.
func (s *session) openNamed(c *cobra.Command) error {
	s.nameGiven = c.Flags().Changed("name")
	if s.localFlag.given {
		return s.open(c.Context())
	}
	return nil
}

// The errors for a deployment that cannot be opened.
var (
	errNoRegion      = errors.New("no AWS region: set AWS_REGION, or give --region")
	errNoCredentials = errors.New("no AWS credentials: set AWS_PROFILE, or give --profile, or --local for a system on this machine")
	errLocalNotGiven = errors.New("to let this command change the system on this machine, give --local")
)

// open selects the deployment and loads the credentials. If an earlier call has done so, open does
// nothing. If the SDK finds no region and no flag selects a deployment, open selects the system that
// runs on this machine.
func (s *session) open(ctx context.Context) (err error) {
	if s.system != nil || s.aws.Region != "" {
		return nil
	}
	if s.localFlag.given {
		return s.openLocal(s.localFlag.file)
	}
	if s.aws, err = s.load(ctx, s.region, s.profile); err != nil {
		return fmt.Errorf("reading the AWS configuration: %w", err)
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
		return fmt.Errorf("%w: expected the output of \"%s\"", err, typed("up --json"))
	case err != nil:
		return err
	}
	s.system = &found
	s.aws = localConfig(found)
	return nil
}

// openFound opens the system that runs on this machine and prints which system that is. It returns
// errNoRegion if no system runs or if the command must not use the system.
func (s *session) openFound() error {
	if s.nameGiven {
		return errNoRegion
	}
	if err := s.openLocal(""); err != nil {
		return fmt.Errorf("%w; a system on this machine cannot be used instead: %w", errNoRegion, err)
	}
	if s.localOnlyIfGiven {
		s.system, s.aws = nil, aws.Config{}
		return fmt.Errorf("%w; %w", errNoRegion, errLocalNotGiven)
	}
	fmt.Fprintf(s.err, "no AWS region: using the system on this machine at %s\n", s.system.FulfillURL)
	return nil
}

// runningLocal returns the system that a file describes. For "" it returns the running system that
// was started last.
func runningLocal(file string) (running.System, error) {
	root, err := system.Root()
	if err != nil && file == "" {
		return running.System{}, err
	}
	return running.Select(root, file)
}

// s3 returns an S3 client. For a system on this machine, the client uses path-style URLs.
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

// errJSONAsks is the error of a command that must ask a question but may not, because --json is
// given.
var errJSONAsks = fmt.Errorf("%w: --json asks no questions: give --yes (or --dry-run, where the command has it)", errUsage)

func (t terminal) printf(format string, a ...any) { fmt.Fprintf(t.Out, format, a...) }

// warn prints a warning to standard error, because standard output may be piped to another program.
func (t terminal) warn(format string, a ...any) { fmt.Fprintf(t.err, "warning: "+format+"\n", a...) }

// maxLine is the length of the longest input line in bytes.
const maxLine = 64 << 10

// line reads one line of the input and returns it without its line end. After an interrupt it
// returns context.Canceled. The goroutine that reads then keeps running, because a read from a
// terminal cannot be stopped.
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

// mustConfirm prints a question. It returns errNotConfirmed unless the operator types exactly the
// value of the parameter word.
func (t terminal) mustConfirm(word, question string) error {
	fmt.Fprintf(t.err, "%s\nType %q to confirm: ", question, word)
	answer, err := t.line()
	if err != nil || answer != word {
		return errors.Join(errNotConfirmed, err)
	}
	return nil
}

// mustAgree prints a question. It returns errNotConfirmed unless the operator answers y or yes. If
// the input is not a terminal, it returns errNotConfirmed at once.
func (t terminal) mustAgree(question string) error {
	fmt.Fprintf(t.err, "%s [y/N] ", question)
	if t.hidden == nil {
		fmt.Fprintln(t.err)
		return fmt.Errorf("%w: there is no terminal to ask on; give --yes", errNotConfirmed)
	}
	answer, err := t.line()
	if err != nil || answer != "y" && answer != "Y" && answer != "yes" {
		return errors.Join(errNotConfirmed, err)
	}
	return nil
}
