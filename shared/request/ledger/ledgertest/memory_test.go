package ledgertest_test

import (
	"testing"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(*testing.T) ledger.Store { return ledgertest.NewMemory() })
	t.Run("names", func(t *testing.T) {
		t.Parallel()
		ledgertest.RunAffected(t, ledgertest.NewMemory())
	})
}
