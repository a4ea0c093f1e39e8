package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/queries"
)

// saveQueries saves the operator's queries in CloudWatch. It saves them in a folder with the stack's name,
// because an account has only one list of queries per region. It uses the resource of CloudFormation
// directly, because CDK's construct cannot describe a filter after an aggregation.
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
