package doors_test

import (
	"errors"
	"maps"
	"testing"

	"masterhand/shared/request/doors"
)

func TestSettingsNameADestinationForEachDoor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]doors.Settings{
		`{"queue":{"destination":"ads"}}`:                                   {doors.Queue: {Destination: "ads"}},
		`{"queue":{"destination":"ads"},"bucket":{"destination":"team 2"}}`: {doors.Queue: {Destination: "ads"}, doors.Bucket: {Destination: "team 2"}},
	} {
		if got, err := doors.ParseSettings(text); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "{}", "null", "[]", "queue", `{"queue":"ads"}`, `{"queue":{}}`, `{"queue":null}`, `{"queue":{"destination":""}}`, `{"queue":{"destination":" ads"}}`,
		`{"Queue":{"destination":"ads"}}`, `{"url":{"destination":"ads"}}`, `{"queue":{"destination":"ads","library":"x"}}`, `{"queue":{"destination":"ads"}} x`,
	} {
		if got, err := doors.ParseSettings(text); !errors.Is(err, doors.ErrSettings) || got != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
