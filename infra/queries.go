package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/queries"
)

// saveQueries saves the operator's queries in CloudWatch, in a folder named after the stack,
// because an account has one list of queries per region. It uses CloudFormation's resource: CDK's
// construct cannot filter aggregated results.
func saveQueries(d deployment, all []deployed) {
	scope, groups := constructs.NewConstruct(d.stack, new("Queries")), []any{}
	for _, f := range all {
		groups = append(groups, f.logs.LogGroupName())
	}
	for _, q := range queries.All {
		awslogs.NewCfnQueryDefinition(scope, &q.Name, &awslogs.CfnQueryDefinitionProps{
			Name: new(d.config.StackName() + "/" + q.Name), QueryString: &q.Text, LogGroupNames: &groups,
		})
	}
}
