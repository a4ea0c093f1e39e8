package doors

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"masterhand/shared/request/destination"
)

// Door is a way in for events that nobody signs.
type Door string

// The doors.
const (
	Queue  Door = "queue"
	Bucket Door = "bucket"
)

// Settings holds the destination of each door that is open.
type Settings map[Door]Binding

// Binding is what a door belongs to.
type Binding struct {
	// Destination is the name of an entry in the list of destinations. The entry's library and
	// hosts hold for all that comes through the door.
	Destination string `json:"destination"`
}

// ErrSettings is a setting of doors that cannot be used.
var ErrSettings = errors.New(`expected {"queue": {"destination": "…"}, "bucket": {"destination": "…"}}, or one of both doors`)

// ParseSettings reads the setting of the doors, a JSON object. Errors: ErrSettings.
func ParseSettings(text string) (Settings, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var s Settings
	if err := decoder.Decode(&s); err != nil || decoder.More() || len(s) == 0 {
		return nil, ErrSettings
	}
	for door, binding := range s {
		if door != Queue && door != Bucket {
			return nil, fmt.Errorf("%w: a door of another name", ErrSettings)
		}
		if err := destination.CheckName(binding.Destination); err != nil {
			return nil, fmt.Errorf("%w: destination of %s: %w", ErrSettings, door, err)
		}
	}
	return s, nil
}
