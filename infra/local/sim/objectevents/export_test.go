package objectevents

// Translate gives the event of a notice, as it is sent.
func Translate(body []byte, region, account string) (string, error) {
	n, err := parseNotice(body)
	if err != nil {
		return "", err
	}
	return n.event(region, account).json()
}

// ErrNotice is what Translate says of a body that is no notice.
var ErrNotice = errNotice
