package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

var errOnlyCode = errors.New("is a code without a variation")

// checkVariation returns errOnlyCode if an operator probably forgot the variation. For example, the
// operator typed the code HRT-1212, which was read as code HRT, variation 1212. written is the
// typed text, and c is the creative that was read from it. checkVariation never refuses a creative
// that has masters.
func (s *session) checkVariation(ctx context.Context, d deployment, lib masters.Library, written string, c creative.Creative) error {
	first := creative.Creative{Code: written, Variation: 1}
	if first.Check() != nil || !lib.Declares(written) {
		return nil
	}
	existing, err := s.variations(ctx, d, lib, written)
	if err != nil {
		return err
	}
	// If the library can also have the code of c, both meanings are possible. The index then
	// decides: the text means c if c has masters, or if no creative of the typed code has masters.
	if lib.Declares(c.Code) {
		document, _, err := s.index(d).Document(ctx, lib, c)
		if err != nil || len(existing) == 0 || len(document.Masters) > 0 {
			return err
		}
	}
	if len(existing) == 0 {
		existing = []string{first.String()}
	}
	return fmt.Errorf("%w: %s %w: expected one like %s", errUsage, printable(written), errOnlyCode, printable(strings.Join(existing, ", ")))
}

// mostVariations is the largest number of creatives of a code that an error suggests.
const mostVariations = 3

// variations returns creatives with this code that have at least one master. It returns at most
// mostVariations creatives.
func (s *session) variations(ctx context.Context, d deployment, lib masters.Library, code string) (found []string, err error) {
	folder := path.Dir(masters.DocumentName(lib, creative.Creative{Code: code})) + "/"
	for entry, err := range s.documents(d).List(ctx, folder) {
		if err != nil {
			return nil, err
		}
		c, err := masters.CreativeOf(lib, entry.Key)
		if err != nil {
			return nil, err
		}
		document, _, err := s.index(d).Document(ctx, lib, c)
		if err != nil {
			return nil, err
		}
		if len(document.Masters) == 0 {
			continue
		}
		if found = append(found, c.String()); len(found) == mostVariations {
			break
		}
	}
	return found, nil
}
