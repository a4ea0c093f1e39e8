package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/signature"
)

var (
	// slot is the slot of a sample master. announced is the slot of the film that Hoox announces.
	slot      = adplatform.Slot{Code: "HRT-121", Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16"}
	announced = adplatform.Slot{Code: "HRT-900", Variation: 1, Locale: "de", Kind: "video", Aspect: "9x16"}
)

// patience limits the duration of the whole proof. A longer time is an error.
const patience = 3 * time.Minute

var errProof = errors.New("not as expected")

// asker is the platform that sends requests to a stack.
type asker struct {
	*adplatform.Platform
	gateway *gateway.Gateway
}

// prove requests a master before it is uploaded. The index is not built yet, so the system cannot
// be sure that the master is missing. The request must therefore go to the queue and be fulfilled
// after the upload. Then prove requests the master again. Last, it requests a master that the
// sender Hoox announces after the request.
func (s *env) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	film, err := scenario.Sample(scenario.Upright)
	if err != nil {
		return err
	}
	platform, err := scenario.OpenPlatform(ctx, s.Services, adplatform.Config{})
	if err != nil {
		return err
	}
	defer platform.Close()
	key, err := signature.NewKey(signature.Outpost, s.secret)
	if err != nil {
		return err
	}
	a := asker{platform, gateway.New(gateway.Config{Endpoint: s.urls["fulfill"], Keys: []signature.Key{key}})}
	defer a.gateway.Close()
	early, err := a.ask(ctx, slot, http.StatusAccepted, "accepted")
	if err != nil {
		return err
	}
	library := scenario.Masters{Client: s.Clients().S3(), Bucket: s.names[services.MastersBucket]}
	if _, err := library.Put(ctx, s.library.Prefix+scenario.Upright, film, masters.Labels{}); err != nil {
		return err
	}
	if err := a.delivered(ctx, early); err != nil {
		return fmt.Errorf("a request that was handed off: %w", err)
	}
	late, err := a.ask(ctx, slot, http.StatusOK, "delivered")
	if err == nil {
		err = a.delivered(ctx, late)
	}
	if err != nil {
		return err
	}
	wanted, err := a.ask(ctx, announced, http.StatusAccepted, "accepted")
	if err != nil {
		return err
	}
	announcers := announce.New(announce.Config{
		URL: s.urls["intake"], Secrets: s.announcers, Clients: s.Clients(),
		Bucket: s.names[services.IntakeBucket], Table: s.names[services.Table],
	})
	export, err := scenario.AnnounceExport(ctx, announcers, announced.Code, scenario.Coordinates(announced), film)
	if problems := export.Stored(); err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %v", errProof, problems)
	}
	if err == nil {
		err = a.delivered(ctx, wanted)
	}
	if err != nil {
		return fmt.Errorf("a request for an announced film: %w", err)
	}
	return nil
}

// ask sends a new request for slot and checks the status and the outcome of the answer.
func (a asker) ask(ctx context.Context, slot adplatform.Slot, status int, outcome string) (adplatform.Request, error) {
	request, err := a.NewRequest(slot, adplatform.Options{StorageKey: "emulated/" + slot.Code + "/" + outcome})
	if err != nil {
		return request, err
	}
	answer := a.gateway.Send(ctx, request.Event())
	if answer.Err != nil {
		return request, answer.Err
	}
	if want := `{"outcome":"` + outcome + `"}`; answer.Status != status || string(answer.Body) != want {
		return request, fmt.Errorf("answer %w: %d %s, want %d %s", errProof, answer.Status, answer.Body, status, want)
	}
	return request, nil
}

// delivered waits until a request has ended, and checks that the platform has received the master.
func (a asker) delivered(ctx context.Context, request adplatform.Request) error {
	outcome, err := a.Conclude(ctx, request)
	if err == nil && (outcome.State != adplatform.Delivered || len(outcome.Problems) > 0) {
		err = fmt.Errorf("delivery %w: %s %v", errProof, outcome.State, outcome.Problems)
	}
	return err
}
