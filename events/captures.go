package events

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"masterhand/shared/request/signature"
)

// Capture is a webhook that a real Outpost (just after v1.2.0) sent to an echo
// server, byte for byte. Its secrets were used only for this capture.
type Capture struct {
	Name           string           `json:"name"`
	Note           string           `json:"note"`
	Scheme         signature.Scheme `json:"scheme"`
	CurrentSecret  string           `json:"currentSecret"`
	PreviousSecret string           `json:"previousSecret"` // the old secret during a rotation; "" otherwise
	SignedWith     []string         `json:"signedWith"`     // the secrets that its digests were made with, in order
	ReceivedAt     time.Time        `json:"receivedAt"`
	Headers        [][2]string      `json:"headers"` // pairs of name and value, in order
	Body           []byte           `json:"bodyBase64"`
}

// Header returns a header's value by its name in any letter case; "" if there is none. It is a
// [signature.Headers].
func (c Capture) Header(name string) string {
	for _, header := range c.Headers {
		if strings.EqualFold(header[0], name) {
			return header[1]
		}
	}
	return ""
}

// Captures returns all captures, sorted by name.
func Captures() ([]Capture, error) { return readAll[Capture]("captures/*.json") }

// readAll reads all files that match a pattern, sorted by name.
func readAll[T any](pattern string) ([]T, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, fmt.Errorf("captures: %w", err)
	}
	captures := make([]T, len(names))
	for i, name := range names {
		file, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("captures: %w", err)
		}
		if err := json.Unmarshal(file, &captures[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return captures, nil
}
