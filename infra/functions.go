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

// program is one of the functions, before it is deployed.
type program struct {
	name    string // its folder in functions/ and in dist/
	purpose string
	timeout float64 // seconds
	memory  float64 // MiB; the share of CPU comes with it
}

// title is the name as constructs have it: "Fulfill".
func (p program) title() string { return strings.ToUpper(p.name[:1]) + p.name[1:] }

// environment is what a function is told, by the keys of package names.
type environment map[string]*string

// deployed is a function in its place. Whatever calls it calls the alias. A deployment moves the
// alias to the new version at once: a canary would tell nothing of a function that few webhooks
// reach, and a correction must not wait for one.
type deployed struct {
	program
	scope constructs.Construct
	role  awsiam.Role
	logs  awslogs.LogGroup
	alias awslambda.Alias
}

// live is the alias's name.
const live = "live"

// deploy puts a function into the stack with a role that may do nothing but write its
// log. reserved is how many executions it may have, set aside for it; 0 shares the
// account's.
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

// receiver is a function that webhooks reach.
type receiver struct {
	deployed
	url awslambda.FunctionUrl
}

// openToAll gives a function a URL where nobody signs in with AWS.
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

// pointers is a list as jsii wants it.
func pointers(texts []string) *[]*string {
	list := make([]*string, len(texts))
	for i := range texts {
		list[i] = &texts[i]
	}
	return &list
}
