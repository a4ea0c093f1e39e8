package events

import (
	"errors"
	"fmt"
	"path"
)

// ErrNoWireCase is a name that no case of the wire has.
var ErrNoWireCase = errors.New("unknown case of the wire")

// Wire returns a case of the wire by its file's name: what a counterpart sent or answered, and
// where the case is JSON also the right result. Errors: ErrNoWireCase.
func Wire(name string) ([]byte, error) {
	data, err := files.ReadFile("wire/" + path.Base(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %.80q", ErrNoWireCase, name)
	}
	return data, nil
}
