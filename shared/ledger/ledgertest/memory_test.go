package ledgertest_test

import (
	"testing"

	"masterhand/shared/ledger"
	"masterhand/shared/ledger/ledgertest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(*testing.T) ledger.Store { return ledgertest.NewMemory() })
}
