package announce

import (
	"fmt"
	"path"

	"masterhand/events"
	"masterhand/shared/announcements/senders"
)

// SampleFile returns a sample master of the kind that the sender announces: a screenshot or a film.
func SampleFile(sender string) (name string, data []byte, err error) {
	key := "HRT-1212/v2/en/9x16.mp4"
	if sender == senders.AdReform {
		key = "HRT-1212/v2/en/4x5.png"
	}
	list, err := events.Masters()
	if err != nil {
		return "", nil, err
	}
	for _, m := range list {
		if m.Key == key {
			return path.Base(key), m.Data, nil
		}
	}
	return "", nil, fmt.Errorf("no sample master %s", key)
}
