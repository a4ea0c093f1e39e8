package media_test

import (
	"path"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

func TestMisnamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		container, extension string
		want                 bool
	}{
		{"mp4", "mp4", false}, {"mp4", "MP4", false}, {"mp4", "m4v", false}, {"m4v", "mp4", false},
		{"jpg", "JPEG", false}, {"heic", "heif", false},
		{"mp4", "webm", true}, {"webm", "mp4", true}, {"mp4", "mov", true}, {"mov", "MP4", true}, {"jpg", "png", true},
		{"mp4", "mp3", true}, {"avif", "heic", true}, {"unheard of", "mp4", true},
		{"mp4", "", false}, {"mp4", "final", false}, {"mp4", "2", false}, {"", "mp4", false},
	} {
		if got := (media.Info{Container: c.container}).Misnamed(c.extension); got != c.want {
			t.Errorf("%s named .%s: misnamed is %v, want %v", c.container, c.extension, got, c.want)
		}
	}
}

func TestMisnamedInCorpus(t *testing.T) {
	t.Parallel()
	want := []string{"3gp.3gp", "dnxhr-sq.mp4", "film-named.jpg", "film-named.webm", "jpeg-named.png", "webm-named.mp4"}
	var got []string
	for _, e := range expectations(t) {
		if (media.Info{Container: e.Container}).Misnamed(path.Ext(e.File)[1:]) {
			got = append(got, e.File)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("misnamed %v, want %v", got, want)
	}
}
