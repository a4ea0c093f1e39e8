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

// maxAdvised is the most advices to print for a list of requests.
const maxAdvised = 3

// adviseOn prints advice for the first requests of a list that need an action. It prints each
// advice once.
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
			s.printf("\n%s  %s\n%s\n", digits(i.ID), printable(strings.TrimSpace(slotWords(i.Slot)+" "+i.Target)), next)
		}
		given[next] = true
	}
	return nil
}

// libraryOf returns the library of a request, or the zero value if the deployment no longer has
// that library.
func (s *session) libraryOf(ctx context.Context, d deployment, i ledger.Item) (masters.Library, error) {
	libraries, err := s.libraries(ctx, d)
	for _, lib := range libraries {
		if lib.Name == i.Library {
			return lib, nil
		}
	}
	return masters.Library{}, err
}

// next returns the advice as text, with the commands as the operator can type them; "" if there is
// none.
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
