package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/queries"
)

// saveQueries puts the operator's queries over the logs of these functions into CloudWatch, in
// a folder for the stack: an account has one list of queries for each region. CDK's own construct
// for queries cannot filter what was counted, so that these are CloudFormation's.
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
