package doors_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"masterhand/events"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
)

// down is a ledger store that cannot be reached.
type down struct{ ledger.Store }

var errDown = errors.New("down")

func (down) Load(context.Context, string) (ledger.Item, error) { return ledger.Item{}, errDown }
func (down) Save(context.Context, ledger.Item) error           { return errDown }

func TestMetadataIsReadLeniently(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]doors.Metadata{
		`{"topic":"t","event-id":"e","timestamp":"2026-11-30T08:44:43Z"}`: {Topic: "t", EventID: "e"},
		`{"Topic":"t","Event-Id":"e"}`:                                    {Topic: "t", EventID: "e"},
		`{"topic":7,"event-id":"e"}`:                                      {EventID: "e"},
		`{"topic":null,"event-id":["e"]}`:                                 {},
		`{"team":"media"}`:                                                {}, ``: {}, `{`: {}, `[]`: {}, `"x"`: {}, `null`: {},
	} {
		if got := doors.ParseMetadata(text); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

func TestOnlyObjectEventsAreRead(t *testing.T) {
	t.Parallel()
	got, err := doors.ParseObjectEvent(objectEvent("b", "inbox/a b:c é.json", "v"))
	if want := (doors.ObjectEvent{Bucket: "b", Key: "inbox/a b:c é.json", Version: "v"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, body := range []string{"", "{", "[]", "{}", objectEvent("", "k", ""), objectEvent("b", "", ""), strings.Replace(objectEvent("b", "k", ""), "aws.s3", "aws.sqs", 1)} {
		if got, err := doors.ParseObjectEvent(body); !errors.Is(err, doors.ErrObjectEvent) || got != (doors.ObjectEvent{}) {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
	}
}

// An event that a real gateway sent has the same outcome through a door as through the function
// URL, and its metadata is read, too.
func TestCapturesHaveTheOutcomeOfTheFunctionURL(t *testing.T) {
	t.Parallel()
	captures, err := events.DoorCaptures()
	if err != nil {
		t.Fatal(err)
	}
	queue, bucket := 0, 0
	for _, c := range captures {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			m, metadata := doors.Message{Door: doors.Queue, Receives: 1}, doors.Metadata{}
			if c.Message != nil {
				queue++
				m.Body, m.Metadata = c.Message.Body, c.Message.Attributes[doors.MetadataAttribute].Value
				metadata = doors.ParseMetadata(m.Metadata)
				if m.Body != string(c.Body) {
					t.Errorf("%s: the message's body is not that of the event", c.Name)
				}
			} else {
				bucket++
				metadata = doors.ObjectMetadata(c.ObjectMetadata())
				f.objects[c.Key+"@"] = doors.Object{Body: c.Body, Metadata: c.ObjectMetadata()}
				m.Door, m.Body = doors.Bucket, objectEvent(bucketName, c.Key, "")
			}
			match, err := f.Destinations.Named(t.Context(), "ads")
			if err != nil {
				t.Fatal(err)
			}
			want := newFixture(t).Pipeline.Take(t.Context(), doors.Event{Topic: metadata.Topic, Body: c.Body, Destination: match.Destination})
			got := f.wants(t, c.Name, m, want.Word, false)
			if got.Metadata != metadata || metadata.Topic == "" || !strings.HasPrefix(metadata.EventID, "evt_") || got.Size != len(c.Body) {
				t.Errorf("%s: metadata %+v, %d bytes", c.Name, got.Metadata, got.Size)
			}
		})
	}
	if queue != 7 || bucket != 6 {
		t.Errorf("%d captures of the queue, %d of the bucket", queue, bucket)
	}
}

func FuzzMessage(f *testing.F) {
	captures, err := events.DoorCaptures()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range captures {
		if c.Message != nil {
			f.Add(c.Message.Body, c.Message.Attributes[doors.MetadataAttribute].Value, true)
		}
	}
	f.Add(objectEvent(bucketName, "a.json", "v1"), "", false)
	f.Fuzz(func(t *testing.T, body, metadata string, queue bool) {
		d := newFixture(t)
		m := doors.Message{Door: doors.Bucket, Body: body, Metadata: metadata, Receives: 1}
		if queue {
			m.Door = doors.Queue
		}
		got := d.Receive(t.Context(), m)
		if len(d.far) > 0 || got.Word == "" || strings.Contains(got.Metadata.Topic, "\x00") && metadata == "" {
			t.Errorf("%q came to %q, with requests %q", body, got.Word, d.far)
		}
	})
}
