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

// deployment is where the parts of one environment are.
type deployment struct {
	stack   string // "" on one machine
	url     string
	masters string // bucket
	index   string // bucket
	ledger  string // table
	secret  string // ARN; on one machine a file
	intake  intakePlaces
	doors   doorPlaces
	logs    map[string]string // log group by function
	queues  map[string]string // URL by output, "FinishDeadLettersUrl"; on one machine a name

	settings  string // the record of what the deployment was told; "" of older ones
	protected bool   // the stack may not be deleted
}

// doorPlaces are where events come in that nobody signs. A door that is closed has none.
type doorPlaces struct {
	queueUser, bucketUser string // who may send and put
	bucket                string
}

// intakePlaces are where what other platforms announce is taken in.
type intakePlaces struct {
	url    string
	bucket string // of the events as they came
	secret string // ARN; on one machine a file
}

// programs are the functions that log.
var programs = []string{"fulfill", "finish", "index", "intake", "collect", "receive", "widget"}

// live is the alias that everything calls.
const live = "live"

var (
	errNoStack      = errors.New("no such stack in this account and region: deploy it, or name another one with --name, --region or --profile")
	errNoSuchRegion = errors.New("no such region")
	errNeverStood   = errors.New("its first deployment failed: run \"npx cdk deploy\" again, or see what it left with \"" + typed("destroy") + "\"")
	errNoOutput     = errors.New("stack without this output")
	errNoPart       = errors.New("stack without this part")
	errNoIntake     = errors.New("this deployment takes nothing in from other platforms yet: deploy the present version")
)

// deployment reads the stack's outputs.
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
			return deployment{}, fmt.Errorf("%s: %w: %s", stack, errNoOutput, key)
		}
	}
	if d.url == "" {
		d.url, err = s.functionURL(ctx, stack)
	}
	return d, err
}

// stack reads a stack's name and outputs, and whether it is protected from being deleted. The name
// comes with errNoStack and errNeverStood, too.
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

// takingIn reads the outputs of a deployment that takes in what other platforms announce.
func (s *session) takingIn(ctx context.Context) (deployment, error) {
	d, err := s.deployment(ctx)
	if err == nil && d.intake == (intakePlaces{}) {
		err = errNoIntake
	}
	return d, err
}

// absent recognises CloudFormation's answer for a stack that is not there: a
// ValidationError, which has no type of its own.
func absent(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}

// functionURL asks Lambda, where the stack does not say.
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

// function returns the name that AWS gave one of the functions.
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
	return "", fmt.Errorf("%s: %w: function %s", stack, errNoPart, program)
}

// parts returns what a stack consists of.
func (s *session) parts(ctx context.Context, stack string) (parts []types.StackResourceSummary, err error) {
	pages := cloudformation.NewListStackResourcesPaginator(s.cloudformation(), &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the stack's parts: %w", err)
		}
		parts = append(parts, page.StackResourceSummaries...)
	}
	return parts, nil
}

// libraries returns what the functions go by: the environment that they have now.
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
		return nil, fmt.Errorf("reading the function's environment: %w", err)
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

// title is a function's name as the stack spells it: "Fulfill".
func title(program string) string { return strings.ToUpper(program[:1]) + program[1:] }

// value is what a pointer of the SDK's points to, "" for none.
func value[T ~string](p *T) T {
	if p == nil {
		return ""
	}
	return *p
}
