package main

import (
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/recursion"
)

// program describes one of the functions before it is deployed.
type program struct {
	name    string // the function's name, which is the name of its folder in functions/ and in dist/
	purpose string
	timeout float64 // the time limit of one call of the function, in seconds
	memory  float64 // the function's memory in MiB; Lambda assigns CPU in proportion to it
}

// title returns the function's name with a capital letter, as in the ids of constructs: "Fulfill".
func (p program) title() string { return strings.ToUpper(p.name[:1]) + p.name[1:] }

// environment holds a function's environment variables: values by name. Package names defines the
// names.
type environment map[string]*string

// deployed is a deployed function. All callers call its alias. A deployment moves the alias to the
// new version at once and not step by step (as a canary), because a correction must take effect
// immediately. Besides, few webhooks arrive, so a canary would show little.
type deployed struct {
	program
	scope constructs.Construct
	role  awsiam.Role
	logs  awslogs.LogGroup
	alias awslambda.Alias
}

// live is the name of each function's alias.
const live = "live"

// deploy adds a function to the stack. The function's role may only write the function's log. reserved is
// the number of concurrent executions that are reserved for the function; it is also the maximum. With
// 0 the function uses the account's shared executions.
func (d deployment) deploy(p program, env environment, reserved int) deployed {
	f := deployed{program: p, scope: constructs.NewConstruct(d.stack, new(p.title()))}
	f.logs = awslogs.NewLogGroup(f.scope, new("Logs"), &awslogs.LogGroupProps{RemovalPolicy: removal(d.config)})
	f.logs.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(new(float64(d.config.LogDays)))
	f.role = awsiam.NewRole(f.scope, new("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
	})
	f.allow(f.logs.LogGroupArn(), "logs:CreateLogStream", "logs:PutLogEvents")
	props := &awslambda.FunctionProps{
		Description:           &p.purpose,
		Runtime:               awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:          d.binaries.architecture(),
		Code:                  awslambda.Code_FromAsset(new(filepath.Join(d.binaries.folder, p.name)), nil),
		Handler:               new("bootstrap"),
		MemorySize:            &p.memory,
		Timeout:               awscdk.Duration_Seconds(&p.timeout),
		Environment:           (*map[string]*string)(&env),
		Role:                  f.role,
		LogGroup:              f.logs,
		LoggingFormat:         awslambda.LoggingFormat_JSON,
		SystemLogLevelV2:      awslambda.SystemLogLevel_INFO,
		ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
	}
	if recursion.Allowed(p.name) {
		props.RecursiveLoop = awslambda.RecursiveLoop_ALLOW
	}
	if reserved > 0 {
		props.ReservedConcurrentExecutions = new(float64(reserved))
	}
	function := awslambda.NewFunction(f.scope, new("Function"), props)
	f.alias = awslambda.NewAlias(f.scope, new("Live"), &awslambda.AliasProps{
		AliasName: new(live), Version: function.CurrentVersion(),
	})
	return f
}

// receiver is a function that receives webhooks, together with its function URL.
type receiver struct {
	deployed
	url awslambda.FunctionUrl
}

// openToAll adds a URL to a function. The URL accepts calls without AWS credentials.
func openToAll(f deployed) receiver {
	return receiver{f, f.alias.AddFunctionUrl(&awslambda.FunctionUrlOptions{
		AuthType: awslambda.FunctionUrlAuthType_NONE, InvokeMode: awslambda.InvokeMode_BUFFERED,
	})}
}

// allow adds a permission to the function's role.
func (f deployed) allow(resource *string, actions ...string) {
	f.role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: pointers(actions), Resources: &[]*string{resource},
	}))
}

// pointers converts a list into a list of pointers, as the Go version of CDK expects it.
func pointers(texts []string) *[]*string {
	list := make([]*string, len(texts))
	for i := range texts {
		list[i] = &texts[i]
	}
	return &list
}
