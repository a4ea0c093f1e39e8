package events

import (
	"errors"
	"fmt"
	"path"
)

// ErrNoWireCase says that no wire case has a name.
var ErrNoWireCase = errors.New("unknown wire case")

// Wire returns a wire case by its file's name: bytes that a real counterpart sent or answered. A
// JSON case also contains the expected result. Errors: ErrNoWireCase.
func Wire(name string) ([]byte, error) {
	data, err := files.ReadFile("wire/" + path.Base(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %.80q", ErrNoWireCase, name)
	}
	return data, nil
}
