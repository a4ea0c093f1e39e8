package events

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"masterhand/shared/request/signature"
)

// Capture is a webhook, byte for byte, that a real Outpost (a version just after v1.2.0) sent to a
// server that recorded it. The secrets in a capture were used only to record it.
type Capture struct {
	Name           string           `json:"name"`
	Note           string           `json:"note"`
	Scheme         signature.Scheme `json:"scheme"`
	CurrentSecret  string           `json:"currentSecret"`
	PreviousSecret string           `json:"previousSecret"` // the old secret during a rotation; "" otherwise
	SignedWith     []string         `json:"signedWith"`     // secrets that made the signature's digests, in order
	ReceivedAt     time.Time        `json:"receivedAt"`
	Headers        [][2]string      `json:"headers"` // pairs of name and value, in order
	Body           []byte           `json:"bodyBase64"`
}

// Header returns the value of the header with the given name, in any letter case. It returns "" if
// there is no such header. The method has the type [signature.Headers].
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
