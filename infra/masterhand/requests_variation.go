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

// checkVariation returns errOnlyCode if an operator probably forgot the variation. written is the
// text that the operator typed, and c is the creative that was read from it. For example, HRT-1212
// was read as code HRT, variation 1212, but HRT-1212 may itself be a code of the library.
// checkVariation never refuses a creative that has masters.
func (s *session) checkVariation(ctx context.Context, d deployment, lib masters.Library, written string, c creative.Creative) error {
	first := creative.Creative{Code: written, Variation: 1}
	if first.Check() != nil || !lib.Declares(written) {
		return nil
	}
	existing, err := s.variations(ctx, d, lib, written)
	if err != nil {
		return err
	}
	if lib.Declares(c.Code) { // the text may be a creative or only a code, so the existing masters decide
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

// variations returns creatives that have this code and masters. It returns at most mostVariations
// of them.
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
