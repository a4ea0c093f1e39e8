package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"masterhand/infra/settings"
	"masterhand/shared/library"
	"masterhand/shared/library/masters"
)

// deployment holds the addresses and names of the parts of one environment.
type deployment struct {
	stack   string // stack's name; "" for a system on this machine
	url     string
	masters string // name of the bucket with the masters
	index   string // name of the bucket with the index documents
	ledger  string // name of the DynamoDB table of the ledger
	secret  string // ARN of the secret with the destinations; on this machine, the path of a file
	intake  intakePlaces
	doors   doorPlaces
	logs    map[string]string // name of the CloudWatch log group, by the function's name
	queues  map[string]string // URL of each queue (on this machine its name), by the name of the stack's output

	settings  string // the stack's record of its settings, as text; "" if a version without records deployed the stack
	protected bool   // whether the stack has termination protection
}

// doorPlaces names the queue and the bucket that accept unsigned events. If the deployment has no
// such queue or no such bucket, the fields about the missing one are "".
type doorPlaces struct {
	// queueUser is the name of the IAM user that may only send to the queue. bucketUser is the name of
	// the IAM user that may only write to the bucket.
	queueUser, bucketUser string
	bucket                string
}

// intakePlaces names the URL, the bucket and the secret for the announcements of other platforms.
// The zero value means that the deployment receives no announcements.
type intakePlaces struct {
	url    string
	bucket string // name of the bucket that stores announced events unchanged
	secret string // ARN of the secret with the senders' tokens; on this machine, the path of a file
}

// programs lists the names of all functions. Each writes a log.
var programs = []string{"fulfill", "finish", "index", "intake", "collect", "receive", "widget"}

// live is the name of the alias that every caller of a function uses.
const live = "live"

var (
	errNoStack      = errors.New("no such stack in this account and region: deploy it, or name another one with --name, --region or --profile")
	errNoSuchRegion = errors.New("no such AWS region")
	errNeverStood   = errors.New("the stack's first deployment failed: run \"npx cdk deploy\" again, or list the parts that are left with \"" + typed("destroy") + "\"")
	errNoOutput     = errors.New("the stack lacks an output: deploy the present version")
	errNoPart       = errors.New("the stack lacks a function: deploy the present version")
	errNoIntake     = errors.New("this deployment cannot receive announcements from other platforms: deploy the present version")
)

// deployment returns the addresses and names of the selected deployment. It reads them from the
// stack's outputs or from the system on this machine.
func (s *session) deployment(ctx context.Context) (deployment, error) {
	if err := s.open(ctx); err != nil {
		return deployment{}, err
	}
	if s.system != nil {
		return s.localDeployment(), nil
	}
	stack, outputs, protected, err := s.stack(ctx)
	if err != nil {
		return deployment{stack: stack, protected: protected}, err
	}
	d := deployment{
		stack: stack, url: outputs["Url"], masters: outputs["MastersBucket"], index: outputs["IndexBucket"],
		ledger: outputs["LedgerTable"], secret: outputs["DestinationsSecret"], logs: map[string]string{},
		intake:   intakePlaces{url: outputs["IntakeUrl"], bucket: outputs["IntakeBucket"], secret: outputs["IntakeSecret"]},
		doors:    doorPlaces{queueUser: outputs["DoorQueueUser"], bucketUser: outputs["DoorBucketUser"], bucket: outputs["DoorBucket"]},
		settings: outputs[settings.Output], protected: protected,
	}
	for _, p := range programs {
		d.logs[p] = outputs[title(p)+"Logs"]
	}
	d.queues = maps.Clone(outputs)
	maps.DeleteFunc(d.queues, func(key, _ string) bool {
		return !strings.HasSuffix(key, "QueueUrl") && !strings.HasSuffix(key, "DeadLettersUrl")
	})
	for _, key := range []string{"MastersBucket", "IndexBucket", "LedgerTable", "DestinationsSecret"} {
		if outputs[key] == "" {
			return deployment{}, fmt.Errorf("%s: %w (missing: %s)", stack, errNoOutput, key)
		}
	}
	if d.url == "" {
		d.url, err = s.functionURL(ctx, stack)
	}
	return d, err
}

// stack returns the stack's name and outputs, and whether the stack has termination protection.
// After an error, such as errNoStack or errNeverStood, stack still returns the name.
func (s *session) stack(ctx context.Context) (name string, outputs map[string]string, protected bool, err error) {
	name = "masterhand-" + s.name
	out, err := s.cloudformation().DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if absent(err) || err == nil && len(out.Stacks) == 0 {
		return name, nil, false, fmt.Errorf("%s: %w", name, errNoStack)
	}
	if at := (*net.DNSError)(nil); errors.As(err, &at) && at.IsNotFound {
		return name, nil, false, fmt.Errorf("%w: %s, or no network (%w)", errNoSuchRegion, s.aws.Region, at)
	}
	if err != nil {
		return name, nil, false, fmt.Errorf("reading the stack: %w", err)
	}
	protected = aws.ToBool(out.Stacks[0].EnableTerminationProtection)
	switch out.Stacks[0].StackStatus {
	case types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed:
		return name, nil, protected, fmt.Errorf("%s: %w", name, errNeverStood)
	}
	outputs = map[string]string{}
	for _, o := range out.Stacks[0].Outputs {
		outputs[value(o.OutputKey)] = value(o.OutputValue)
	}
	return name, outputs, protected, nil
}

// takingIn is like the method deployment, but returns errNoIntake if the deployment cannot receive
// announcements.
func (s *session) takingIn(ctx context.Context) (deployment, error) {
	d, err := s.deployment(ctx)
	if err == nil && d.intake == (intakePlaces{}) {
		err = errNoIntake
	}
	return d, err
}

// absent reports whether CloudFormation answered that the stack does not exist. That answer is a
// ValidationError, for which the SDK has no type.
func absent(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}

// functionURL asks Lambda for the URL of the function fulfill. It is needed for stacks of older
// versions, because these have no output with the URL.
func (s *session) functionURL(ctx context.Context, stack string) (string, error) {
	function, err := s.function(ctx, stack, "fulfill")
	if err != nil {
		return "", err
	}
	out, err := s.lambda().GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: &function, Qualifier: new(live)})
	if err != nil {
		return "", fmt.Errorf("reading the function's URL: %w", err)
	}
	return value(out.FunctionUrl), nil
}

// function returns the full name of a deployed function. program is the short name, for example
// "fulfill".
func (s *session) function(ctx context.Context, stack, program string) (string, error) {
	parts, err := s.parts(ctx, stack)
	if err != nil {
		return "", err
	}
	for _, part := range parts {
		if value(part.ResourceType) == "AWS::Lambda::Function" && strings.HasPrefix(value(part.LogicalResourceId), title(program)+"Function") {
			return value(part.PhysicalResourceId), nil
		}
	}
	return "", fmt.Errorf("%s: %w (missing: %s)", stack, errNoPart, program)
}

// parts returns all resources of a stack.
func (s *session) parts(ctx context.Context, stack string) (parts []types.StackResourceSummary, err error) {
	pages := cloudformation.NewListStackResourcesPaginator(s.cloudformation(), &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the stack's resources: %w", err)
		}
		parts = append(parts, page.StackResourceSummaries...)
	}
	return parts, nil
}

// libraries returns the libraries that the deployed functions use, read from the environment of the
// function index.
func (s *session) libraries(ctx context.Context, d deployment) ([]masters.Library, error) {
	if d.stack == "" {
		only := library.Default()
		only.Bucket = d.masters
		return []masters.Library{only}, nil
	}
	function, err := s.function(ctx, d.stack, "index")
	if err != nil {
		return nil, err
	}
	out, err := s.lambda().GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function, Qualifier: new(live)})
	if err != nil {
		return nil, fmt.Errorf("reading the environment of the function index: %w", err)
	}
	environment := map[string]string{}
	if out.Environment != nil {
		environment = out.Environment.Variables
	}
	return library.LoadLibraries(func(key string) (string, bool) {
		text, is := environment[key]
		return text, is
	})
}

// title returns a program's name with a capital first letter, as in the stack's logical ids, for
// example "Fulfill".
func title(program string) string { return strings.ToUpper(program[:1]) + program[1:] }

// value returns the string that p points to, or "" if p is nil.
func value[T ~string](p *T) T {
	if p == nil {
		return ""
	}
	return *p
}
