package page

import (
	"fmt"
	"strings"
	"time"

	"masterhand/shared/request/ledger"
)

// course returns the phases of a request, such as the upload, and a one-line summary of the
// request's duration, attempts, size and speed.
func (b *builder) course(i ledger.Item) ([]Phase, string) {
	end := i.EndedAt
	if !i.State.Ended() {
		end = b.At
	}
	if end.IsZero() || !end.After(i.ReceivedAt) {
		return nil, sent(i, 0)
	}
	whole := end.Sub(i.ReceivedAt)
	var phases []Phase
	x := 0.0
	from := i.ReceivedAt
	for n, step := range []struct {
		name string
		to   time.Time
	}{{"wait", i.ClaimedAt}, {"choose", i.DecidedAt}, {"send", i.UploadedAt}, {"confirm", end}} {
		to := step.to
		if n < 3 && to.IsZero() || to.Before(from) {
			continue
		}
		if took := to.Sub(from); took > 0 {
			w := float64(took) / float64(whole) * 100
			phases = append(phases, Phase{step.name, seconds(took.Seconds()), x, w, n})
			x += w
		}
		from = to
	}
	if last := len(phases) - 1; last >= 0 && phases[last].Name == "confirm" && i.UploadedAt.IsZero() {
		phases[last].Name, phases[last].Number = "decide", 1
		if !i.State.Ended() {
			phases[last].Name, phases[last].Number = string(outcomeOf(i)), busy
			if i.State == ledger.Queued {
				phases[last].Number = queued
			}
		}
	}
	return phases, sent(i, whole)
}

// sent returns a line with a request's duration, its attempts, its file's size and the upload speed.
func sent(i ledger.Item, whole time.Duration) string {
	var parts []string
	if whole > 0 && i.State.Ended() {
		parts = append(parts, seconds(whole.Seconds()))
	}
	if i.Attempts > 1 {
		parts = append(parts, fmt.Sprintf("tried %d×", i.Attempts))
	}
	if fileKey(i) != "" {
		parts = append(parts, size(float64(i.Decision.Size)))
		if sending := i.UploadedAt.Sub(i.DecidedAt); !i.DecidedAt.IsZero() && sending > 0 {
			parts = append(parts, size(float64(i.Decision.Size)/sending.Seconds())+"/s")
		}
	}
	return strings.Join(parts, " · ")
}

// left returns the time until a request's expiry: from now if the request is open, or else from the
// end of the request. It returns nil if no time is left.
func (b *builder) left(i ledger.Item) *Left {
	if i.ExpiresAt.IsZero() || i.State == ledger.Malformed {
		return nil
	}
	at := b.At
	if i.State.Ended() {
		at = i.EndedAt
	}
	rest, life := i.ExpiresAt.Sub(at), i.ExpiresAt.Sub(i.ReceivedAt)
	if at.IsZero() || rest <= 0 || life <= 0 {
		return nil
	}
	words := fmt.Sprintf("%d min", int(rest.Minutes()))
	if rest < time.Minute {
		words = fmt.Sprintf("%d s", int(rest.Seconds()))
	}
	if i.State.Ended() {
		words += " to spare"
	} else {
		words += " left"
	}
	return &Left{words, min(float64(rest)/float64(life), 1) * 100, !i.State.Ended()}
}
