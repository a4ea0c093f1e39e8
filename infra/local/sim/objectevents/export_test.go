package objectevents

// Translate returns the event for a notice, as the JSON text that is sent to the queue.
func Translate(body []byte, region, account string) (string, error) {
	n, err := parseNotice(body)
	if err != nil {
		return "", err
	}
	return n.event(region, account).json()
}

// ErrNotice exports errNotice for the tests.
var ErrNotice = errNotice
