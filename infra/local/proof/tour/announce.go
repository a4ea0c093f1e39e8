package tour

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/shared/library/creative"
)

// exportJob becomes a part of the name of the Hoox job that announces a film. The film is a sample
// film with padding at its end.
const (
	exportJob  = "hrt-950"
	exportSize = 8 << 20 // size of the film in bytes
)

// announce sends an announcement of a film as Hoox does, waits until the film is stored as a
// master, and requests that master.
func (t *tour) announce(ctx context.Context) error {
	data, err := io.ReadAll(scenario.Padded(t.samples[bigFilm], exportSize, rand.NewChaCha8([32]byte{})))
	if err != nil {
		return err
	}
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	export, err := scenario.AnnounceExport(waiting, t.Senders, exportJob, "code=HRT-950&variation=1&locale=en&aspect=9x16", data)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	v := verdict{outcome: "accepted", status: export.Answer.Status, problems: export.Stored()}
	if err != nil {
		v.problem("%v", err)
	}
	line, key := export.Timeline, ""
	if len(v.problems) == 0 {
		key = line.Files[0].Key
		v.answer = fmt.Sprintf("%s: %d MB fetched in %s, now %s", line.Subject, exportSize>>20, short(time.Since(began)), key)
	}
	t.conclude(step{title: "Hoox announces a film"}, v, export.Answer.Longest)
	if key == "" {
		return nil
	}
	if _, err := t.masters.Indexed(ctx, key); err != nil {
		return err
	}
	t.samples[key] = data
	return t.step(ctx, step{
		title: "a request for the film", outcome: "delivered", status: 200, master: key,
		slot: creative.Slot{Project: project, Creative: creative.Creative{Code: "HRT-950", Variation: 1}, Locale: "en", Kind: creative.Video, Aspect: "9x16"},
	})
}
