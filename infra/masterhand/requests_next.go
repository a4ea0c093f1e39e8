package main

import (
	"context"
	"fmt"
	"strings"

	"masterhand/shared/kit/legible"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
)

// maxAdvised is the largest number of different pieces of advice that are printed for a list of
// requests.
const maxAdvised = 3

// adviseOn prints advice for the requests of a list for which the operator must act, beginning with
// the first request. It prints the same advice only once.
func (s *session) adviseOn(ctx context.Context, d deployment, items []ledger.Item) error {
	given := map[string]bool{}
	for _, i := range items {
		if len(given) == maxAdvised {
			break
		}
		if advice.For(i, masters.Library{}).Text == "" {
			continue
		}
		lib, err := s.libraryOf(ctx, d, i)
		if err != nil {
			return err
		}
		next := s.next(advice.For(i, lib))
		if !given[next] {
			s.printf("\n%s  %s\n%s\n", digits(i.ID), printable(strings.TrimSpace(slotWords(i.Slot)+" "+i.Target)), s.next(s.advice(ctx, d, i, lib)))
		}
		given[next] = true
	}
	return nil
}

// advice returns the advice for a request. It also finds out whether a tag excludes the file that the
// operator would have to upload.
func (s *session) advice(ctx context.Context, d deployment, i ledger.Item, lib masters.Library) advice.Advice {
	a := advice.For(i, lib)
	if s.ignored(ctx, d, lib, a.Put) {
		return a.Undo()
	}
	return a
}

// ignored reports whether the index knows that a tag excludes the file at key. If the index cannot be
// read, it returns false: "requests" must also work for an operator who may not read the index.
func (s *session) ignored(ctx context.Context, d deployment, lib masters.Library, key string) bool {
	if key == "" {
		return false
	}
	placed, _, err := s.index(d).Placed(ctx, lib, key)
	return err == nil && placed.Ignored()
}

// libraryOf returns the library of a request. If the deployment no longer has that library, it
// returns the zero value.
func (s *session) libraryOf(ctx context.Context, d deployment, i ledger.Item) (masters.Library, error) {
	libraries, err := s.libraries(ctx, d)
	for _, lib := range libraries {
		if lib.Name == i.Library {
			return lib, nil
		}
	}
	return masters.Library{}, err
}

// next returns advice as text, with commands that the operator can type as printed. It returns ""
// if there is no advice.
func (s *session) next(a advice.Advice) string {
	if a.Text == "" {
		return ""
	}
	var lines strings.Builder
	lines.WriteString("next: " + a.Text)
	if a.Put != "" {
		fmt.Fprintf(&lines, "\n  put  %s", printable(a.Put))
	}
	where := s.sameDeployment()
	for _, c := range a.Commands {
		line := strings.TrimSpace(typed(c.Name) + where + " " + legible.ShellWords(c.Args...))
		fmt.Fprintf(&lines, "\n  %s   (to %s)", line, c.Does)
	}
	return lines.String()
}
