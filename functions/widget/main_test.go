package main

import (
	"testing"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables/variablestest"
	"masterhand/shared/views"
)

func TestTheSettings(t *testing.T) {
	t.Parallel()
	needs := map[string]string{names.LedgerTable: "acme-ledger", names.MastersBucket: "acme-masters", names.IndexBucket: "acme-index", names.Region: "eu-central-1"}
	c, err := views.LoadWidget(variablestest.Environment(needs, nil))
	if err != nil || c.LedgerTable != "acme-ledger" || c.IndexBucket != "acme-index" || len(c.Libraries) != 1 || c.Region != "eu-central-1" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = views.LoadWidget(variablestest.Environment(nil, nil))
	if keys := variablestest.Keys(t, err); len(keys) < 3 {
		t.Errorf("without settings: problems with %q", keys)
	}
}
