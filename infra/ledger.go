package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
)

// ledger is the table of requests.
type ledger struct{ table awsdynamodb.Table }

// ledgerIndexes are the table's indexes; each has its hash key's name.
var ledgerIndexes = []string{"slot", "day"}

func newLedger(scope constructs.Construct, c config) ledger {
	table := awsdynamodb.NewTable(scope, new("Ledger"), &awsdynamodb.TableProps{
		PartitionKey:                     text("pk"),
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute:              new("ttl"),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: new(true)},
		DeletionProtection:               &c.keep,
		RemovalPolicy:                    c.removal(),
	})
	for _, name := range ledgerIndexes {
		table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
			IndexName: &name, PartitionKey: text(name), SortKey: text("receivedAt"),
		})
	}
	return ledger{table}
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

// openTo lets a function read and write requests, and find them by slot and by day.
func (l ledger) openTo(f deployed) {
	f.allow(l.table.TableArn(), "dynamodb:GetItem", "dynamodb:PutItem")
	for _, name := range ledgerIndexes {
		f.allow(new(*l.table.TableArn()+"/index/"+name), "dynamodb:Query")
	}
}
