package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/shared/kit/dynamotable"
)

// CreateTable creates the table that Store expects, unless it exists, and waits until the table is
// usable. It is for tests and local use. The deployed table has the same definition, and in
// addition deletes items by "ttl".
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			stringAttribute(dynamotable.KeyID), stringAttribute(keyReceivedAt), stringAttribute(keyDeadline),
			stringAttribute(indexSlot), stringAttribute(indexDay), stringAttribute(indexOpen),
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: new(dynamotable.KeyID), KeyType: types.KeyTypeHash}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			indexBy(indexSlot, keyReceivedAt), indexBy(indexDay, keyReceivedAt), indexBy(indexOpen, keyDeadline),
		},
	})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("creating the ledger's table: %w", err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
		return fmt.Errorf("waiting for the ledger's table: %w", err)
	}
	return nil
}

func stringAttribute(name string) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
}

// indexBy returns the definition of an index. The argument name names the index and its hash key.
// The argument order names the attribute by which the index is sorted.
func indexBy(name, order string) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName: &name,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: &name, KeyType: types.KeyTypeHash},
			{AttributeName: &order, KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}
}
