package model_test

import (
	"testing"
	"time"

	"masterhand/infra/bench/model"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/shared/kit/names"
	"masterhand/shared/request"
)

// The model must assume the same waiting times as the functions and the platform have.
func TestTheModelHasTheWaitsOfFunctionsAndPlatform(t *testing.T) {
	t.Parallel()
	least := map[string]string{
		names.MastersBucket: "acme-masters", names.IndexBucket: "acme-index", names.LedgerTable: "ledger", names.Region: "eu-central-1",
		names.DestinationsSecret: "masterhand/destinations",
		names.FinishQueue:        "https://sqs.eu-central-1.amazonaws.com/123456789012/finish",
		names.IndexQueue:         "https://sqs.eu-central-1.amazonaws.com/123456789012/index",
		names.IndexDeadLetters:   "https://sqs.eu-central-1.amazonaws.com/123456789012/index-dead",
	}
	settings, err := request.Load(func(key string) (string, bool) {
		value, found := least[key]
		return value, found
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Duration(model.IndexLag * float64(time.Second)); got != settings.IndexLag {
		t.Errorf("the model waits %v for the index, the functions %v", got, settings.IndexLag)
	}
	if got := time.Duration(model.Lifetime * float64(time.Second)); got != adplatform.Lifetime {
		t.Errorf("the model's platform waits %v, the platform %v", got, adplatform.Lifetime)
	}
}
