package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/request/signature"
)

// The sample master that is asked for.
const sample = "HRT-121/v2/en/9x16.mp4"

var (
	slot      = adplatform.Slot{Code: "HRT-121", Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16"}
	announced = adplatform.Slot{Code: "HRT-900", Variation: 1, Locale: "de", Kind: "video", Aspect: "9x16"}
)

// patience bounds the proof.
const patience = 3 * time.Minute

var errProof = errors.New("not as it should be")

// prove asks for a master before it is there, when the index has not been built and so
// nothing can be proved absent: the request goes to the queue, and is fulfilled once the
// master has come. Then it asks once more, and for what another platform makes.
func (s *site) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	platform, err := adplatform.Open(ctx, adplatform.Config{Storage: r2.Config{
		Endpoint: s.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey, Bucket: services.PlatformBucket,
	}})
	if err != nil {
		return err
	}
	defer platform.Close()
	key, err := signature.NewKey(signature.Outpost, s.secret)
	if err != nil {
		return err
	}
	sender := gateway.New(gateway.Config{Endpoint: s.urls["fulfill"], Keys: []signature.Key{key}})
	defer sender.Close()
	early, err := ask(ctx, platform, sender, slot, http.StatusAccepted, "accepted")
	if err != nil {
		return err
	}
	if err := s.putSample(ctx); err != nil {
		return err
	}
	if err := delivered(ctx, platform, early); err != nil {
		return fmt.Errorf("a request left to the queue: %w", err)
	}
	late, err := ask(ctx, platform, sender, slot, http.StatusOK, "delivered")
	if err == nil {
		err = delivered(ctx, platform, late)
	}
	if err != nil {
		return err
	}
	wanted, err := ask(ctx, platform, sender, announced, http.StatusAccepted, "accepted")
	if err != nil {
		return err
	}
	if err := s.announce(ctx); err != nil {
		return err
	}
	if err := delivered(ctx, platform, wanted); err != nil {
		return fmt.Errorf("a request for an announced film: %w", err)
	}
	return nil
}

// ask sends a request of its own and wants this answer.
func ask(ctx context.Context, platform *adplatform.Platform, sender *gateway.Gateway, slot adplatform.Slot, status int, outcome string) (adplatform.Request, error) {
	request, err := platform.NewRequest(slot, adplatform.Options{StorageKey: "emulated/" + slot.Code + "/" + outcome})
	if err != nil {
		return request, err
	}
	answer := sender.Send(ctx, request.Event())
	if answer.Err != nil {
		return request, answer.Err
	}
	if want := `{"outcome":"` + outcome + `"}`; answer.Status != status || string(answer.Body) != want {
		return request, fmt.Errorf("answer %w: %d %s, want %d %s", errProof, answer.Status, answer.Body, status, want)
	}
	return request, nil
}

// delivered waits for a request's end and wants the platform to hold the master.
func delivered(ctx context.Context, platform *adplatform.Platform, request adplatform.Request) error {
	outcome, err := platform.Conclude(ctx, request)
	if err == nil && (outcome.State != adplatform.Delivered || len(outcome.Problems) > 0) {
		err = fmt.Errorf("delivery %w: %s %v", errProof, outcome.State, outcome.Problems)
	}
	return err
}

// putSample puts the master into its library.
func (s *site) putSample(ctx context.Context) error {
	film, err := sampleData()
	if err != nil {
		return err
	}
	_, err = s.Clients().S3().PutObject(ctx, &s3.PutObjectInput{
		Bucket: new(s.names[services.MastersBucket]), Key: new(s.library.Prefix + sample), Body: bytes.NewReader(film),
	})
	return err
}

func sampleData() ([]byte, error) {
	list, err := events.Masters()
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.Key == sample {
			return m.Data, nil
		}
	}
	return nil, fmt.Errorf("sample master %s: none", sample)
}
