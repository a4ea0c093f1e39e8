package ledger_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

func Example() {
	ctx := context.Background()
	l := ledger.Ledger{Store: ledgertest.NewMemory(), Now: time.Now, NewOwner: rand.Text}
	hold, err := l.Claim(ctx, ledger.Request{ID: "req#1", ExpiresAt: time.Now().Add(time.Hour)}, time.Time{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hold.Decide(ctx, ledger.Decision{Key: "HRT-1212/v2/en/9x16.mp4"}))
	fmt.Println(hold.Uploaded(ctx, "the SHA-256 of the bytes"))
	fmt.Println(hold.Settle(ctx, ledger.Outcome{State: ledger.Delivered, Code: "accepted"}))
	_, err = l.Claim(ctx, ledger.Request{ID: "req#1"}, time.Time{})
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// claiming: request ended
}
