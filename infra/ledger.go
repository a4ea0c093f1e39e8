package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// ledgerTable is the table of requests.
type ledgerTable struct{ table awsdynamodb.Table }

// The indexes of the ledger's table. The hash key of each index has the same name as the index.
const (
	bySlot = "slot"
	byDay  = "day"
	open   = "open" // the index of the requests that are not settled yet
)

func newLedger(scope constructs.Construct, c settings.Config) ledgerTable {
	table := awsdynamodb.NewTable(scope, new("Ledger"), &awsdynamodb.TableProps{
		PartitionKey:                     text("pk"),
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute:              new("ttl"),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: new(true)},
		DeletionProtection:               &c.Keep,
		RemovalPolicy:                    tableRemoval(c),
	})
	for _, index := range []struct{ name, sort string }{{bySlot, "receivedAt"}, {byDay, "receivedAt"}, {open, "deadline"}} {
		table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
			IndexName: &index.name, PartitionKey: text(index.name), SortKey: text(index.sort),
		})
	}
	return ledgerTable{table}
}

// tableRemoval returns the removal policy of the ledger's table. If the setting keep is set, the
// table has deletion protection, so CloudFormation cannot delete it. The policy must then keep the
// table, because otherwise the roll-back of a failed first deployment would fail.
func tableRemoval(c settings.Config) awscdk.RemovalPolicy {
	if c.Keep {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

// writableBy allows a function to read and write the ledger's requests.
func (l ledgerTable) writableBy(f deployed) {
	f.allow(l.table.TableArn(), "dynamodb:GetItem", "dynamodb:PutItem")
}

// namesReadableBy allows a function to read the names of the ads for which files were requested.
func (l ledgerTable) namesReadableBy(f deployed) {
	f.allow(l.table.TableArn(), "dynamodb:BatchGetItem")
}

// searchableBy allows a function to query one of the ledger's indexes.
func (l ledgerTable) searchableBy(f deployed, index string) {
	f.allow(new(*l.table.TableArn()+"/index/"+index), "dynamodb:Query")
}
