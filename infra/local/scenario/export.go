package scenario

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"masterhand/events"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/cdn"
	"masterhand/infra/local/sim/sender"
	"masterhand/shared/announcements/timeline"
)

// Export is a film that was announced in the name of Hoox, with the answer and the timeline.
type Export struct {
	Answer   sender.Result
	Timeline timeline.Timeline // timeline of the announcement after all files are settled
	film     []byte
}

// Coordinates returns a slot as a URL query: "aspect=9x16&code=HRT-7&locale=en&variation=1". A
// sender adds the query to the URL to which it announces.
func Coordinates(slot adplatform.Slot) string {
	return url.Values{
		"code": {slot.Code}, "variation": {strconv.Itoa(slot.Variation)}, "locale": {slot.Locale}, "aspect": {slot.Aspect},
	}.Encode()
}

// AnnounceExport serves a film and announces it in the name of Hoox. The parameter coordinates is
// the query of the webhook's URL. The parameter id becomes a part of the job's name. AnnounceExport
// waits until the system has stored the film or has finally failed to store it.
func AnnounceExport(ctx context.Context, by announce.Client, id, coordinates string, film []byte) (e Export, err error) {
	host, err := cdn.Open()
	if err != nil {
		return e, err
	}
	defer host.Close()
	sample, err := events.Announced("hoox-export-completed")
	if err != nil {
		return e, err
	}
	began := time.Now()
	body, err := events.Fill(sample.Body, events.Values{FileURL: host.Serve("export.mp4", film), ID: id, Now: began})
	if err != nil {
		return e, err
	}
	e.film, e.Answer = film, by.Post(ctx, sample.Sender, coordinates, body)
	e.Timeline, err = by.Follow(ctx, sample.Sender, body, began)
	return e, err
}

// Stored checks that the announcement was accepted, and that the timeline contains one file, which
// is stored with exactly the bytes of the film. It returns the deviations.
func (e Export) Stored() (p Problems) {
	p.Want(e.Answer.Status == http.StatusOK && e.Answer.Err == nil, "answered %d (%v), should be 200", e.Answer.Status, e.Answer.Err)
	files := e.Timeline.Files
	p.Want(len(files) == 1 && files[0].State == timeline.Stored, "its files are %+v", files)
	p.Want(len(p) > 0 || files[0].SHA256 == fmt.Sprintf("%x", sha256.Sum256(e.film)), "the stored bytes are not those that Hoox served")
	return p
}
