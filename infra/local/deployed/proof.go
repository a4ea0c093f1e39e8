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
	"masterhand/infra/local/farside"
	"masterhand/infra/local/farside/outpost"
	"masterhand/infra/local/farside/r2"
	"masterhand/infra/local/services"
	"masterhand/shared/signature"
)

// The sample master that is asked for.
const sample = "HRT-121/v2/en/9x16.mp4"

var slot = farside.Slot{Code: "HRT-121", Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16"}

// patience bounds the proof.
const patience = 2 * time.Minute

var errProof = errors.New("not as it should be")

// prove asks for a master before it is there, when the index has not been built and so
// nothing can be proved absent: the request goes to the queue, and is fulfilled once the
// master has come. Then it asks once more.
func (s *site) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	platform, err := farside.Open(ctx, farside.Config{Storage: r2.Config{
		Endpoint: s.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey, Bucket: services.FarBucket,
	}})
	if err != nil {
		return err
	}
	defer platform.Close()
	key, err := signature.NewKey(signature.Outpost, s.secret)
	if err != nil {
		return err
	}
	sender := outpost.New(outpost.Config{Endpoint: s.url, Keys: []signature.Key{key}})
	defer sender.Close()
	early, err := ask(ctx, platform, sender, http.StatusAccepted, "accepted")
	if err != nil {
		return err
	}
	if err := s.putSample(ctx); err != nil {
		return err
	}
	if err := delivered(ctx, platform, early); err != nil {
		return fmt.Errorf("a request left to the queue: %w", err)
	}
	late, err := ask(ctx, platform, sender, http.StatusOK, "delivered")
	if err != nil {
		return err
	}
	return delivered(ctx, platform, late)
}

// ask sends a request of its own and wants this answer.
func ask(ctx context.Context, platform *farside.Platform, sender *outpost.Sender, status int, outcome string) (farside.Request, error) {
	request, err := platform.NewRequest(slot, farside.Options{StorageKey: "emulated/" + outcome})
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
func delivered(ctx context.Context, platform *farside.Platform, request farside.Request) error {
	outcome, err := platform.Conclude(ctx, request)
	if err == nil && (outcome.State != farside.Delivered || len(outcome.Problems) > 0) {
		err = fmt.Errorf("delivery %w: %s %v", errProof, outcome.State, outcome.Problems)
	}
	return err
}

// putSample puts the master into its library.
func (s *site) putSample(ctx context.Context) error {
	list, err := events.Masters()
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.Key != sample {
			continue
		}
		_, err := s.Clients().S3().PutObject(ctx, &s3.PutObjectInput{
			Bucket: &s.bucket, Key: new(s.library.Prefix + m.Key), Body: bytes.NewReader(m.Data),
		})
		return err
	}
	return fmt.Errorf("sample master %s: none", sample)
}
