package media_test

import (
	"testing"

	"masterhand/shared/library/media"
)

func TestSniff(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]media.Info{
		"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomiso2": {Kind: "video", Container: "mp4", Extension: "mp4", ContentType: "video/mp4"},
		"\x89PNG\r\n\x1a\n":                         {Kind: "image", Container: "png", Extension: "png", ContentType: "image/png"},
		"<!doctype html><html><body>Expired</body>": {ContentType: "text/html"},
		"PK\x03\x04\x14\x00\x00\x00\x08\x00":        {ContentType: "application/zip"},
		"":                                          {ContentType: "text/plain"},
	} {
		if got := media.Sniff([]byte(head)); got != want {
			t.Errorf("%q is %+v, want %+v", head, got, want)
		}
	}
}
