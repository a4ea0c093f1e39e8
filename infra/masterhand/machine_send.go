package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"masterhand/events"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/request/doors"
)

// sending holds the flags of the command "send".
type sending struct {
	destination     string
	door            string
	life            time.Duration
	coordinates, id string
}

func sendCommand(s *session) *cobra.Command {
	var o sending
	c := &cobra.Command{
		Use: "send EVENT.json", Short: "Fill, sign and send an event to a running system", Args: takes(1, 1, "one event"),
		Long: `Fills an event's placeholders with new URLs and times, signs the event and sends
it to a running system. With --door, the event goes to the queue or the bucket,
which take unsigned events. The command plays the ad platform, and shows the
upload and the callback. For an announcement, it serves the announced file, and
shows the stored file.

EVENT.json is a file, or one of the samples:

  ` + strings.Join(samples(), "\n  "),
		Example: examples("send requested-exact", "send requested-exact --door queue", "send hoox-export-completed --id film-1",
			"send events/requested-feed.json --local=up.json"),
		RunE: untilOrphaned(func(ctx context.Context, args []string) error { return s.send(ctx, args[0], o) }),
	}
	flags := c.Flags()
	s.defineLocal(c, "the system to send to")
	flags.StringVar(&o.destination, "destination", "", "`name` of the destination to sign as; unless given, the first one")
	oneOf(c, &o.door, "door", "`way` by which the platform's event reaches the system", []string{urlDoor, string(doors.Queue), string(doors.Bucket)})
	flags.DurationVar(&o.life, "life", time.Hour, "`time` until the request expires; a negative time makes an expired request")
	flags.StringVar(&o.coordinates, "coordinates", "", "`query` of the URL for an announcement, such as \"code=HRT-1212&variation=2&locale=en&aspect=9x16\"")
	flags.StringVar(&o.id, "id", "", "`text` for an announcement's placeholder {{id}}; unless given, a new random id")
	s.withJSON(c, "the result as one line of JSON")
	return c
}

// send sends the event or the announcement with this name: the path of a file, or the name of a
// sample.
func (s *session) send(ctx context.Context, name string, o sending) error {
	event, announcement, err := readSendable(name)
	if err != nil {
		return err
	}
	if s.system == nil {
		if err := s.openLocal(""); err != nil {
			return err
		}
	}
	s.text("event       %s\n", name)
	if announcement.Sender != "" {
		return announcer{session: s, sample: announcement, query: o.coordinates, id: o.id}.send(ctx, name)
	}
	return s.deliver(ctx, name, event, o)
}

// text prints like printf. With --json it prints nothing.
func (s *session) text(format string, a ...any) {
	if !s.asJSON {
		s.printf(format, a...)
	}
}

// samples returns the names of all sample events and announcements.
func samples() []string { return append(events.Names(), events.AnnouncementNames()...) }

// errURL is the error for a URL in place of a file name. It does not repeat the URL, because an
// upload URL is a secret.
var errURL = errors.New("expected an event's file or a sample's name, got a URL")

// readSendable reads an event or an announcement. name is the path of a file, or the name of a
// sample.
func readSendable(name string) (events.Event, events.Announcement, error) {
	if strings.Contains(name, "://") {
		return events.Event{}, events.Announcement{}, errURL
	}
	event, announcement, err := events.Read(name)
	switch at := (*fs.PathError)(nil); {
	case errors.As(err, &at):
		hint := ""
		if near := nearest(strings.TrimSuffix(path.Base(name), ".json"), samples()); near != "" {
			hint = "did you mean " + near + "? "
		}
		err = fmt.Errorf("%w, and no sample has this name: %s\"%s\" lists the samples", err, hint, typed("send --help"))
	case err != nil:
		err = fmt.Errorf("%s: %w", name, err)
	}
	return event, announcement, err
}

// sendResult is the result of sending an event, as --json prints it.
type sendResult struct {
	Event    string          `json:"event"`
	URL      string          `json:"url"`
	Status   int             `json:"status"`
	Answer   json.RawMessage `json:"answer"`
	Reason   string          `json:"reason,omitempty"` // reason for the answer in the system's log; "" if there is none
	Seconds  float64         `json:"duration_seconds"` // time from sending the event to its answer, in seconds
	Callback json.RawMessage `json:"callback"`         // body of the callback; null if the platform received no callback
	Upload   *arrival        `json:"upload"`           // the uploaded object; null if the platform received no upload
}

// arrival describes an object that the system uploaded to the storage of the emulated platform.
type arrival struct {
	Size        int64  `json:"size_bytes"`
	ContentType string `json:"content_type"`
	SHA256      string `json:"sha256"`
}

// deliver sends an event, waits for the outcome of its request, and prints the upload and the
// callback.
func (s *session) deliver(ctx context.Context, name string, event events.Event, o sending) error {
	to, err := s.system.Destination(o.destination)
	if err != nil {
		return err
	}
	storage := s.system.S3
	platform, err := adplatform.Open(ctx, adplatform.Config{Storage: r2.Config{
		Endpoint: storage.Endpoint, Region: storage.Region, AccessKey: storage.AccessKey, SecretKey: storage.SecretKey, Bucket: services.PlatformBucket,
	}})
	if err != nil {
		return err
	}
	defer platform.Close()
	request, err := platform.Fill(event, adplatform.Options{ExpiresAt: time.Now().Add(o.life)})
	if err != nil {
		return err
	}
	sent := request.Event()
	sent.ID = "evt_" + strings.ToLower(rand.Text())
	at, result, err := s.bring(ctx, sent, to, o.door)
	if err != nil {
		return err
	}
	r := sendResult{Event: name, URL: at, Status: result.Status, Answer: asJSON(result.Body), Seconds: result.Duration.Seconds()}
	s.text("sent to     %s\nanswer      %d %s (%s)\n", r.URL, r.Status, result.Body, result.Duration.Round(time.Millisecond))
	if o.door == string(doors.Queue) || o.door == string(doors.Bucket) {
		if err := s.awaitDoor(ctx, request); err != nil {
			return err
		}
	}
	r.Reason = s.recorded(sent.ID)
	if r.Reason != "" && result.Status != http.StatusAccepted {
		s.text("because     %s\n", printable(r.Reason))
	}
	if result.Status == http.StatusAccepted {
		if err := s.conclude(ctx, platform, request); err != nil {
			return err
		}
	}
	if err := r.look(ctx, platform, request); err != nil {
		return err
	}
	if err := s.showSent(r); err != nil {
		return err
	}
	s.adviseOnSent(ctx, scenario.LedgerID(request))
	if !result.Delivered {
		return fmt.Errorf("the event was answered with status %d, expected 2xx: the platform would send it again", result.Status)
	}
	return nil
}

// asJSON returns a JSON body unchanged, and any other body as a JSON string.
func asJSON(body []byte) json.RawMessage {
	if json.Valid(body) {
		return body
	}
	text, _ := json.Marshal(string(body)) // the error is ignored: encoding a string as JSON never fails
	return text
}

// look adds to the result the callback and the upload that the emulated platform received.
func (r *sendResult) look(ctx context.Context, platform *adplatform.Platform, request adplatform.Request) error {
	token, err := platform.Waitpoints.Token(request.Token)
	if err != nil {
		return err
	}
	if !token.Completed.IsZero() {
		r.Callback = asJSON(token.Output)
	}
	// If nothing was uploaded for this request, its storage key may still have an object of an
	// earlier event. The result must not show that object.
	if platform.Storage.Writes(request.StorageKey).Landed == 0 {
		return nil
	}
	object, err := platform.Storage.Object(ctx, request.StorageKey)
	if err != nil {
		return err
	}
	r.Upload = &arrival{Size: object.Size, ContentType: object.ContentType, SHA256: fmt.Sprintf("%x", object.SHA256)}
	return nil
}

// showSent prints the callback and the upload. With --json it prints the whole result.
func (s *session) showSent(r sendResult) error {
	if s.asJSON {
		return s.JSON(r)
	}
	callback, object := "none", "nothing"
	if r.Callback != nil {
		callback = string(r.Callback)
	}
	if u := r.Upload; u != nil {
		object = fmt.Sprintf("%d bytes, %s, sha256:%s", u.Size, u.ContentType, u.SHA256)
	}
	s.printf("callback    %s\nuploaded    %s\n", callback, object)
	return nil
}
