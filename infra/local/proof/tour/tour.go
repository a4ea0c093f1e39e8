// Package tour demonstrates masterhand. It uploads sample masters, requests them as the platform
// does, and announces a film as a sender does. It checks every answer against the real result,
// including the SHA-256 of the object in the platform's storage.
//
//	result, err := tour.Run(ctx, tour.Config{System: s, Secrets: secrets, Senders: announcers, Out: os.Stdout, BigSize: 300 << 20})
package tour

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"masterhand/events"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/request/signature"
)

// Config configures a tour.
type Config struct {
	System  *system.System
	Secrets Secrets
	Senders announce.Client // client that announces files to the system
	Out     io.Writer
	// Terminal states whether Out is a terminal. Progress bars are shown only on a terminal.
	Terminal bool
	BigSize  int64 // size of the generated large master in bytes; 0 omits the large master
}

// Secrets holds the keys of the destinations by signature scheme.
type Secrets struct {
	Keys map[signature.Scheme]signature.Key
	// Unknown returns a key of the scheme outpost that the receiver does not know.
	Unknown func() (signature.Key, error)
}

// Result is the result of a tour.
type Result struct {
	Events  int     `json:"events"`
	Failed  int     `json:"failed"` // number of events that did not end as expected
	Seconds float64 `json:"duration_seconds"`
	Steps   []Step  `json:"steps"`
}

// Step is the result of one step.
type Step struct {
	Title    string   `json:"title"`
	Status   int      `json:"status"` // HTTP status of the answer
	Outcome  string   `json:"outcome"`
	Seconds  float64  `json:"duration_seconds"`
	Problems []string `json:"problems,omitempty"`
}

// ErrDiffers means that some events did not end as expected. The tour has already printed the
// problems.
var ErrDiffers = errors.New("some events did not end as expected")

// tour is the state of a running tour.
type tour struct {
	Config
	platform *adplatform.Platform
	gateway  *gateway.Gateway
	ledger   scenario.Ledger
	masters  scenario.Masters
	samples  map[string][]byte // bytes of the sample masters by key
	print    printer
	asked    int
	result   Result
	last     adplatform.Request // request of the previous step, which the next step may repeat
}

// Run runs the tour. It returns ErrDiffers with a result if an event did not end as expected. Any
// other error means that the tour was not completed, and the result is nil.
func Run(ctx context.Context, c Config) (*Result, error) {
	platform, err := scenario.OpenPlatform(ctx, c.System.Services, adplatform.Config{})
	if err != nil {
		return nil, err
	}
	defer platform.Close()
	t := &tour{
		Config: c, platform: platform, gateway: gateway.New(gateway.Config{Endpoint: c.System.FulfillURL}),
		ledger: scenario.LedgerOf(c.System.Services), masters: scenario.MastersOf(c.System), samples: map[string][]byte{},
		print: printer{out: c.Out, terminal: c.Terminal},
	}
	defer t.gateway.Close()
	began := time.Now()
	if err := t.putMasters(ctx); err != nil {
		return nil, err
	}
	if err := t.ask(ctx); err != nil {
		return nil, err
	}
	return t.summary(time.Since(began))
}

func (t *tour) putMasters(ctx context.Context) error {
	list, err := events.Masters()
	if err != nil {
		return err
	}
	t.print.heading("Upload the sample masters")
	if err := t.upload(ctx, list); err != nil {
		return err
	}
	t.print.heading("Index them from the bucket's events")
	return t.showIndex(ctx, list)
}

func (t *tour) ask(ctx context.Context) error {
	t.print.heading("The platform requests masters")
	for _, s := range steps() {
		if err := t.step(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	t.print.heading("The platform sends events through the queue and the bucket, without a signature")
	for _, s := range stepsByDoor() {
		if err := t.byDoor(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	t.print.heading("Another platform announces a file")
	if err := t.announce(ctx); err != nil {
		return fmt.Errorf("an announced film: %w", err)
	}
	if t.BigSize == 0 {
		return nil
	}
	t.print.heading("A large master, generated during the tour")
	return t.big(ctx)
}

func (t *tour) summary(took time.Duration) (*Result, error) {
	r := &t.result
	r.Events, r.Seconds = t.asked, took.Seconds()
	t.print.heading("Summary")
	t.print.line("%d events in %[4]s: %[2]d ended as expected, %[3]d did not", r.Events, r.Events-r.Failed, r.Failed, took.Round(100*time.Millisecond))
	if r.Failed > 0 {
		return r, ErrDiffers
	}
	return r, nil
}
