package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"

	"masterhand/infra/settings"
)

// alarm describes one CloudWatch alarm. docs/operations.md explains every alarm.
type alarm struct {
	id      string // the id of the alarm's construct in CDK, without the suffix "Alarm"
	title   string // the fault in a few words; it is the subject of the mail
	do      string // the meaning of the fault, and what the operator must do
	metric  awscloudwatch.IMetric
	limit   float64 // the alarm goes off when the metric is above the limit
	below   bool    // reverses the direction: the alarm goes off when the metric is below the limit
	periods float64 // the number of consecutive periods in which the metric must breach the limit; 0 means 1
	once    bool    // one breach of the limit within the evaluated periods is enough for the alarm to go off
	// If silence is set, the alarm also notifies the topic when the metric has no more data. The
	// alarm's state is then INSUFFICIENT_DATA. A new alarm begins in this state, but notifies
	// nobody of it until the metric has had a first sample.
	silence bool
}

// alarms creates the alarms of a stack, which all notify one topic.
type alarms struct {
	stack  awscdk.Stack
	name   string // the stack's name; the name of each alarm begins with it
	action awscloudwatchactions.SnsAction
}

func newAlarms(stack awscdk.Stack, c settings.Config) alarms {
	topic := awssns.NewTopic(stack, new("Alarms"), &awssns.TopicProps{
		DisplayName: new(c.StackName()), EnforceSSL: new(true),
	})
	// This statement lets the account's alarms publish to the topic. The default policy of a topic
	// allows the same, but a topic with its own policy loses the default policy.
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(new("cloudwatch.amazonaws.com"), nil)},
		Actions:    &[]*string{new("sns:Publish")},
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
	}))
	if c.AlarmEmail != "" {
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(&c.AlarmEmail, nil))
	}
	awscdk.NewCfnOutput(stack, new("AlarmTopic"), &awscdk.CfnOutputProps{
		Value: topic.TopicArn(), Description: new("topic that the alarms notify: subscribe to it"),
	})
	return alarms{stack, c.StackName(), awscloudwatchactions.NewSnsAction(topic)}
}

func (a alarms) raise(row alarm) awscloudwatch.Alarm {
	compare := awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD
	if row.below {
		compare = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
	}
	missing := awscloudwatch.TreatMissingData_NOT_BREACHING
	if row.silence {
		missing = awscloudwatch.TreatMissingData_MISSING
	}
	periods := max(row.periods, 1)
	breaching := periods
	if row.once {
		breaching = 1
	}
	raised := awscloudwatch.NewAlarm(a.stack, new(row.id+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmName:          new(a.name + " " + row.title),
		AlarmDescription:   &row.do,
		Metric:             row.metric,
		Threshold:          &row.limit,
		ComparisonOperator: compare,
		EvaluationPeriods:  &periods,
		DatapointsToAlarm:  &breaching,
		TreatMissingData:   missing,
	})
	raised.AddAlarmAction(a.action)
	raised.AddOkAction(a.action)
	if row.silence {
		raised.AddInsufficientDataAction(a.action)
	}
	return raised
}
