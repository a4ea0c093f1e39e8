package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// account holds the AWS clients that read the functions of a stack from an account.
type account struct {
	cloudformation *cloudformation.Client
	lambda         *lambda.Client
	s3             *s3.Client
}

func newAccount(cfg aws.Config) account {
	return account{
		cloudformation: cloudformation.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
	}
}

// function describes a Lambda function of the stack: its program and its configuration.
type function struct {
	program     string // name of the function's folder in functions/
	environment map[string]string
	timeout     time.Duration
	memory      int
	hash        string // SHA-256 of the ZIP file with the function's program, in base64
	bootstrap   string // path of the program, which was unpacked from the ZIP file
	feeds       []feed
}

// feed is a queue whose messages invoke a function.
type feed struct {
	queue    string // the queue's name
	batch    int
	window   time.Duration
	failures bool // whether the function reports failed messages one by one (ReportBatchItemFailures)
}

// programs lists the programs of the functions that a stack must have.
var programs = []string{"fulfill", "finish", "index", "intake", "collect"}

var errNoFunction = errors.New("the stack has no such function")

// functions returns the functions of a stack, by the names of their programs.
func (a account) functions(ctx context.Context, stack string) (map[string]*function, error) {
	found := map[string]*function{}
	pages := cloudformation.NewListStackResourcesPaginator(a.cloudformation, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the stack: %w", err)
		}
		for _, r := range page.StackResourceSummaries {
			construct, _, isFunction := strings.Cut(aws.ToString(r.LogicalResourceId), "Function")
			if aws.ToString(r.ResourceType) != "AWS::Lambda::Function" || !isFunction {
				continue
			}
			program := strings.ToLower(construct)
			if found[program], err = a.function(ctx, program, aws.ToString(r.PhysicalResourceId)); err != nil {
				return nil, fmt.Errorf("reading function %s: %w", program, err)
			}
		}
	}
	for _, program := range programs {
		if found[program] == nil {
			return nil, fmt.Errorf("%s: %w: %s", stack, errNoFunction, program)
		}
	}
	return found, nil
}

func (a account) function(ctx context.Context, program, name string) (*function, error) {
	c, err := a.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	f := &function{
		program: program, timeout: time.Duration(aws.ToInt32(c.Timeout)) * time.Second,
		memory: int(aws.ToInt32(c.MemorySize)), hash: aws.ToString(c.CodeSha256),
	}
	if c.Environment != nil {
		f.environment = c.Environment.Variables
	}
	mappings, err := a.lambda.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	for _, m := range mappings.EventSourceMappings {
		f.feeds = append(f.feeds, feed{
			queue: path.Base(strings.ReplaceAll(aws.ToString(m.EventSourceArn), ":", "/")), batch: int(aws.ToInt32(m.BatchSize)),
			window:   time.Duration(aws.ToInt32(m.MaximumBatchingWindowInSeconds)) * time.Second,
			failures: len(m.FunctionResponseTypes) == 1 && m.FunctionResponseTypes[0] == types.FunctionResponseTypeReportBatchItemFailures,
		})
	}
	return f, nil
}
