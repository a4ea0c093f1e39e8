package senders_test

import (
	"fmt"
	"time"

	"masterhand/shared/announcements/senders"
)

func Example() {
	body := `{"topic":"screenshot_set.approved","data":{"object":{"id":"7","screenshots":[
		{"id":"1","status":"uploaded","image_url":"https://files.example/1.png?token=s3cr3t"}]}}}`
	delivery := senders.Delivery{Sender: senders.AdReform, Body: []byte(body), Received: time.Now()}
	event, err := senders.Read(delivery, senders.PosternityConfig{})
	fmt.Println(event.Type, event.Subject, err)
	for _, file := range event.Files {
		fmt.Println(file.Name, file.URL.Host())
	}
	// Output:
	// screenshot_set.approved set/7 <nil>
	// screenshot/1 files.example
}
