package system_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/sender"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/creative"
)

// coordinates returns a slot as a URL query: "aspect=9x16&code=HRT-7&locale=en&variation=1". A
// sender adds the query to the URL to which it announces.
func coordinates(slot adplatform.Slot) string {
	return url.Values{
		"code": {slot.Code}, "variation": {"1"}, "locale": {slot.Locale}, "aspect": {slot.Aspect},
	}.Encode()
}

// announcement returns a sample announcement: the name of the sender, and the body with the given
// values in place of the sample's placeholders.
func announcement(t *testing.T, name string, values events.Values) (sender string, body []byte) {
	t.Helper()
	a, err := events.Announced(name)
	if err != nil {
		t.Fatal(err)
	}
	values.Now = time.Now()
	body, err = events.Fill(a.Body, values)
	if err != nil {
		t.Fatal(err)
	}
	return a.Sender, body
}

func wantTaken(t *testing.T, result sender.Result) {
	t.Helper()
	if result.Status != http.StatusOK || result.Attempts != 1 || result.Err != nil {
		t.Fatalf("announcing: %+v", result)
	}
}

// follow waits until all files of an announcement are settled, and returns the announcement's
// timeline. The parameter since is a time before the announcement was sent.
func (s *env) follow(t *testing.T, sender string, body []byte, since time.Time) timeline.Timeline {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	line, err := s.Senders.Follow(ctx, sender, body, since)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// patience limits the wait until an announcement is settled. On an idle machine this takes a few
// seconds, on a busy one longer.
const patience = 2 * time.Minute

// If Hoox announces a film and the URL of its webhook states a slot, the next request for that slot
// must get exactly the bytes of the film.
func TestAnnouncedFilmAnswers(t *testing.T) { byEachDoor(t, testAnnouncedFilmAnswers) }

func testAnnouncedFilmAnswers(t *testing.T, s *env) {
	slot := story(newCode())
	s.ask(t, slot, "skipped") // no master exists yet, so the request is skipped
	data, began := film(t, 300<<10), time.Now()
	sender, body := announcement(t, "hoox-export-completed", events.Values{FileURL: s.host.Serve("export.mp4", data), ID: slot.Code})
	wantTaken(t, s.Senders.Post(t.Context(), sender, coordinates(slot), body))
	line := s.follow(t, sender, body, began)
	if line.Subject != "job/run_"+slot.Code || line.State.Status != "completed" || len(line.Files) != 1 || line.Files[0].State != timeline.Stored {
		t.Fatalf("noted as %+v", line)
	}
	key := line.Files[0].Key
	eventually(t, "the index lists the film", func(ctx context.Context) bool {
		doc, _, err := s.Index.Document(ctx, s.Library, creative.Creative{Code: slot.Code, Variation: 1})
		if err != nil {
			t.Fatal(err)
		}
		return doc.Find(key) != nil
	})
	request := s.request(t, slot, adplatform.Options{})
	s.wantEnd(t, request, s.send(t, request.Event()), "delivered")
	s.wantDelivered(t, request, data)
}

// If a file is announced without coordinates, it must be stored under the prefix "unsorted/" and
// must never be delivered.
func TestAnnouncedWithoutCoordinates(t *testing.T) { byEachDoor(t, testAnnouncedWithoutCoordinates) }

func testAnnouncedWithoutCoordinates(t *testing.T, s *env) {
	slot := story(newCode())
	began := time.Now()
	sender, body := announcement(t, "hoox-export-completed", events.Values{FileURL: s.host.Serve("export.mp4", film(t, 100<<10)), ID: slot.Code})
	wantTaken(t, s.Senders.Post(t.Context(), sender, "", body))
	line := s.follow(t, sender, body, began)
	f := line.Files[0]
	if want := "unsorted/" + senders.Hoox + "/job/run_" + slot.Code + "/"; f.State != timeline.Stored || len(f.Key) < len(want) || f.Key[:len(want)] != want {
		t.Errorf("noted as %+v", f)
	}
	eventually(t, "the index has seen the film", func(ctx context.Context) bool {
		placed, _, err := s.Index.Placed(ctx, s.Library, f.Key)
		if err != nil {
			t.Fatal(err)
		}
		return placed.Unplaced != ""
	})
	s.ask(t, slot, "skipped")
}
