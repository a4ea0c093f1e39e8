package tour

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"masterhand/events"
	"masterhand/infra/local/sim/cdn"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/creative"
)

// The film that Hoox makes: a sample with padding behind it, so that no other is like it.
const (
	exportJob  = "hrt-950"
	exportSize = 8 << 20 // bytes
)

// announce has Hoox say that a film is ready, waits until it is a master, and asks for it.
func (t *tour) announce(ctx context.Context) error {
	host, err := cdn.Open()
	if err != nil {
		return err
	}
	defer host.Close()
	data := newPadded(t.samples[bigFilm], exportSize).next(exportSize)
	sample, err := events.Announced("hoox-export-completed")
	if err != nil {
		return err
	}
	body, err := events.Fill(sample.Body, events.Values{FileURL: host.Serve("export.mp4", data), ID: exportJob, Now: time.Now()})
	if err != nil {
		return err
	}
	key, err := t.export(ctx, body, sha256.Sum256(data))
	if err != nil || key == "" {
		return err
	}
	if _, err := t.shelf.Indexed(ctx, key); err != nil {
		return err
	}
	t.samples[key] = data
	return t.step(ctx, step{
		title: "the film is asked for", outcome: "delivered", status: 200, master: key,
		slot: creative.Slot{Project: project, Creative: creative.Creative{Code: "HRT-950", Variation: 1}, Locale: "en", Kind: creative.Video, Aspect: "9x16"},
	})
}

// export announces the film to a URL with coordinates, and returns the key under which it
// came to lie, "" where it did not.
func (t *tour) export(ctx context.Context, body []byte, sum [32]byte) (key string, err error) {
	v := verdict{outcome: "accepted"}
	began := time.Now()
	result := t.Senders.Post(ctx, senders.Hoox, "code=HRT-950&variation=1&locale=en&aspect=9x16", body)
	took := time.Since(began)
	if v.status = result.Status; v.status != 200 || result.Attempts != 1 {
		v.problem("answered %d after %d attempts (%v), should be 200 at once", result.Status, result.Attempts, result.Err)
	}
	waiting, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	line, err := t.Senders.Follow(waiting, senders.Hoox, body, began)
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		v.problem("%v", err)
	case len(line.Files) != 1 || line.Files[0].State != timeline.Stored:
		v.problem("its files came to %+v", line.Files)
	case line.Files[0].SHA256 != fmt.Sprintf("%x", sum):
		v.problem("other bytes were stored than Hoox handed out")
	default:
		key = line.Files[0].Key
		v.answer = fmt.Sprintf("%s: %d MB fetched in %s, now %s", line.Subject, exportSize>>20, short(time.Since(began)), key)
	}
	t.conclude(step{title: "Hoox announces a film"}, v, took)
	return key, nil
}
