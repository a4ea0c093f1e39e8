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

// alarm is something that needs a human.
type alarm struct {
	id      string // of the construct
	title   string // what is the matter, in a few words: the mail's subject
	do      string // what it means and what to do, in a sentence or two
	metric  awscloudwatch.IMetric
	limit   float64 // the metric over it, or under it where below is set, raises the alarm
	below   bool
	periods float64 // for so many of the metric's periods in a row; 0 is 1
	once    bool    // a single one of these periods is enough
	// silence: the metric is written regularly, and the alarm notifies the topic when the metric
	// stops. The alarm's state is then INSUFFICIENT_DATA. Every alarm begins in this state, and
	// notifies nobody until the first sample has come and gone.
	silence bool
}

// alarms raises them, all to one topic.
type alarms struct {
	stack  awscdk.Stack
	name   string // of the stack; alarms begin with it
	action awscloudwatchactions.SnsAction
}

func newAlarms(stack awscdk.Stack, c settings.Config) alarms {
	topic := awssns.NewTopic(stack, new("Alarms"), &awssns.TopicProps{
		DisplayName: new(c.StackName()), EnforceSSL: new(true),
	})
	// A topic with a policy of its own loses the one that lets the account's alarms in.
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
		Value: topic.TopicArn(), Description: new("where alarms are told; subscribe to it"),
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
