package collect_test

import (
	"context"
	"crypto/rand"
	"fmt"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

func Example() {
	service := newFixture().Service
	record := intake.Record{ID: intake.NewID(start, rand.Text()), Sender: senders.Hoox, Received: start, Body: []byte(`{"job_id":"1","status":"failed"}`)}
	outcome := service.Collect(context.Background(), intake.Message{Record: &record})
	if !outcome.Done {
		fmt.Println("again in", collect.Pause(1, 0.5))
	}
	fmt.Println(outcome.Done, outcome.Event.Subject, outcome.Err)
	// Output: true job/1 <nil>
}
