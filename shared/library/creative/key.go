package creative

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ErrKey means that the text is not one that [Slot.Key] writes.
var ErrKey = errors.New("not the key of a slot (expected project#CODE#variation#locale#kind)")

// ParseKey reads a text that [Slot.Key] wrote. The slot has no aspect or family, because the text
// contains none. It returns ErrKey for other text.
func ParseKey(key string) (Slot, error) {
	parts := strings.Split(key, "#")
	if len(parts) != 5 {
		return Slot{}, fmt.Errorf("%w: %.80q", ErrKey, key)
	}
	project, projectErr := url.PathUnescape(parts[0])
	code, codeErr := url.PathUnescape(parts[1])
	variation, variationErr := strconv.Atoi(parts[2])
	s := Slot{Project: project, Creative: Creative{Code: code, Variation: variation}, Locale: Locale(parts[3]), Kind: Kind(parts[4])}
	err := errors.Join(projectErr, codeErr, variationErr, s.Creative.Check())
	if err != nil || s.Key() != key {
		return Slot{}, fmt.Errorf("%w: %.80q", ErrKey, key)
	}
	return s, nil
}
