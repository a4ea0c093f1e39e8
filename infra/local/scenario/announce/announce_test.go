package announce_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// If the wait for an announcement ends early, the error of Follow must state how far the
// announcement has come. A sender without a token must not be able to announce.
func TestFollowReportsHowFarAnAnnouncementIs(t *testing.T) {
	t.Parallel()
	s := scenariotest.Start(t, system.Config{HoldCollect: true})
	began, body := time.Now(), []byte(`{"event":"build.approved","uploadId":"u1","status":"Approved"}`)
	wantWaiting := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := s.Senders.Follow(ctx, senders.Streampixel, body, began)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	wantWaiting("intake has stored nothing")
	if got := s.Senders.Post(t.Context(), senders.Streampixel, "", body); !got.Delivered {
		t.Fatalf("%+v", got)
	}
	wantWaiting("collect has not received it from the queue")
	if err := s.ReleaseCollect(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	line, err := s.Senders.Follow(ctx, senders.Streampixel, body, began)
	if err != nil || line.Subject != "build/u1" || line.State.Status != "Approved" {
		t.Errorf("%+v, %v", line, err)
	}
	for since, want := range map[time.Duration]int{0: 1, -50 * time.Hour: 1, time.Hour: 0} {
		if n, err := s.Senders.Kept(t.Context(), senders.Streampixel, began.Add(since)); err != nil || n != want {
			t.Errorf("%d kept since %v, want %d (%v)", n, since, want, err)
		}
	}
	stranger := announce.New(announce.Config{URL: s.IntakeURL, Clients: s.Clients(), Bucket: services.IntakeBucket, Table: services.Table})
	if got := stranger.Post(t.Context(), senders.Hoox, "", body); !errors.Is(got.Err, announce.ErrStranger) {
		t.Errorf("without a token: %+v", got)
	}
}

// If an announced file cannot be downloaded yet, the error of Follow must name the file and the
// reason.
func TestFollowNamesTheFileAndTheReason(t *testing.T) {
	t.Parallel()
	s := scenariotest.Start(t, system.Config{})
	began := time.Now()
	body := fmt.Appendf(nil, `{"task":"video_export","job_id":"j1","status":"completed","result":{"video_url":"%s/s3cr3t"}}`, s.S3)
	if got := s.Senders.Post(t.Context(), senders.Hoox, "", body); !got.Delivered {
		t.Fatalf("%+v", got)
	}
	scenariotest.Eventually(t, "the file was asked for", func(ctx context.Context) bool {
		line, err := s.Senders.Timelines.Load(ctx, timeline.ID(senders.Hoox, "job/j1"))
		return err == nil && len(line.Files) == 1 && line.Files[0].Code != ""
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := s.Senders.Follow(ctx, senders.Hoox, body, began)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "file export is missing: refused") || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "senders.json")
	content, err := announce.NewSecrets().Encode()
	if err := errors.Join(err, os.WriteFile(path, content, 0o600)); err != nil {
		t.Fatal(err)
	}
	read, err := announce.LoadSecrets(path)
	if err != nil || len(read) != len(senders.Names()) || len(read[senders.Hoox].Tokens) != 1 || read[senders.Posternity].Verifier == nil {
		t.Errorf("%d senders, %v", len(read), err)
	}
	scoped := `{"hoox":{"tokens":[{"token":"0123456789abcdefghijkl","codes":["HRT-####"]}, "abcdefghijkl0123456789"]}}`
	if err := os.WriteFile(path, []byte(scoped), 0o600); err != nil {
		t.Fatal(err)
	}
	if read, err := announce.LoadSecrets(path); err != nil || !slices.Equal(read[senders.Hoox].Tokens, []string{"0123456789abcdefghijkl", "abcdefghijkl0123456789"}) {
		t.Errorf("tokens of both forms: %v, %v", read, err)
	}
	if err := os.WriteFile(path, []byte(`{"hoox":{"tokens":["s3cr3t"]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := announce.LoadSecrets(path); !errors.Is(err, intake.ErrToken) || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("a token too short: %v", err)
	}
	if _, err := announce.LoadSecrets(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
