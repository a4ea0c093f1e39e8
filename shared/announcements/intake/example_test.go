package intake_test

import (
	"context"
	"fmt"

	"masterhand/shared/kit/inbound"
)

func Example() {
	handler := newFixture().Handler // a handler with a keyring, a store and a queue
	answer := handler.Serve(context.Background(), inbound.Request{Method: "POST", Path: "/streampixel/" + newToken, Body: []byte("{}")})
	fmt.Println(answer.Status, answer.Outcome)
	// Output: 200 accepted
}
