package events

import (
	"errors"
	"fmt"
	"path"
)

// ErrNoWireCase says that there is no wire case with the requested name.
var ErrNoWireCase = errors.New("unknown wire case")

// Wire returns a wire case by the name of its file. A wire case holds the bytes that a real system,
// such as a sender or S3, sent. If the file is JSON, it also contains the result that masterhand
// must compute from the bytes. If there is no such file, Wire returns ErrNoWireCase.
func Wire(name string) ([]byte, error) {
	data, err := files.ReadFile("wire/" + path.Base(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %.80q", ErrNoWireCase, name)
	}
	return data, nil
}
