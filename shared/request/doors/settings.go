package doors

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"masterhand/shared/request/destination"
)

// Door is an entry for events that are not signed: the queue or the bucket. The third door, the
// function URL, accepts only signed events.
type Door string

// The two doors. Each value is a key of the JSON object that [ParseSettings] reads.
const (
	Queue  Door = "queue"
	Bucket Door = "bucket"
)

// Settings contains the destination of each open door.
type Settings map[Door]Binding

// Binding states the destination to which a door belongs.
type Binding struct {
	// Destination is the name of a destination in the list. Its library and hosts apply to all
	// events of the door.
	Destination string `json:"destination"`
}

// ErrSettings means that a setting of doors cannot be used.
var ErrSettings = errors.New(`expected {"queue": {"destination": "…"}, "bucket": {"destination": "…"}}, or one of both doors`)

// ParseSettings reads the setting of the doors, a JSON object. It returns ErrSettings if the
// setting cannot be used.
func ParseSettings(text string) (Settings, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var s Settings
	if err := decoder.Decode(&s); err != nil || decoder.More() || len(s) == 0 {
		return nil, ErrSettings
	}
	for door, binding := range s {
		if door != Queue && door != Bucket {
			return nil, fmt.Errorf("%w: got a door with another name", ErrSettings)
		}
		if err := destination.CheckName(binding.Destination); err != nil {
			return nil, fmt.Errorf("%w: destination of %s: %w", ErrSettings, door, err)
		}
	}
	return s, nil
}
