package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"masterhand/events"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/cdn"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/announcements/timeline"
)

// announce has another platform make a film of [announced] and tell intake, and waits
// until collect has put it among the masters.
func (s *site) announce(ctx context.Context) error {
	film, err := sampleData()
	if err != nil {
		return err
	}
	host, err := cdn.Open()
	if err != nil {
		return err
	}
	defer host.Close()
	sample, err := events.Announced("hoox-export-completed")
	if err != nil {
		return err
	}
	began := time.Now()
	body, err := events.Fill(sample.Body, events.Values{FileURL: host.Serve("export.mp4", film), ID: announced.Code, Now: began})
	if err != nil {
		return err
	}
	client := announce.New(announce.Config{
		URL: s.urls["intake"], Secrets: s.announcers, Clients: s.Clients(),
		Bucket: s.names[services.IntakeBucket], Table: s.names[services.Table],
	})
	query := url.Values{
		"code": {announced.Code}, "variation": {strconv.Itoa(announced.Variation)}, "locale": {announced.Locale}, "aspect": {announced.Aspect},
	}
	if got := client.Post(ctx, sample.Sender, query.Encode(), body); got.Err != nil || got.Status != http.StatusOK {
		return fmt.Errorf("announcing %w: status %d, %v", errProof, got.Status, got.Err)
	}
	line, err := client.Follow(ctx, sample.Sender, body, began)
	if err != nil {
		return fmt.Errorf("an announced film: %w", err)
	}
	sum := sha256.Sum256(film)
	if len(line.Files) != 1 || line.Files[0].State != timeline.Stored || line.Files[0].SHA256 != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("an announced film is %w: %+v", errProof, line.Files)
	}
	return nil
}
