package load_test

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"strings"
	"testing"

	"masterhand/infra/local/proof/load"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/media"
)

// whole is a file in memory that implements the interface through which a master's content is read.
type whole []byte

func (w whole) ReadRange(_ context.Context, off, n int64) ([]byte, error) { return w[off : off+n], nil }

func TestFilmsAreMedia(t *testing.T) {
	t.Parallel()
	samples, err := load.Samples()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{1})
	sums, sizes := map[[32]byte]bool{}, map[int]bool{}
	for range 20 {
		for _, part := range load.Parts {
			data, err := load.Film(part, samples[part], random)
			if err != nil {
				t.Fatal(err)
			}
			info, err := media.Probe(t.Context(), whole(data), int64(len(data)))
			if err != nil || !info.Probed {
				t.Fatalf("%s: %+v, %v", part, info, err)
			}
			want, _, _ := strings.Cut(part, ".")
			if got := creative.AspectOf(info.Width, info.Height); string(got) != want {
				t.Errorf("%s has aspect %s", part, got)
			}
			if len(data) > load.Largest || len(data) <= len(samples[part]) {
				t.Errorf("%s has %d bytes", part, len(data))
			}
			sums[sha256.Sum256(data)], sizes[len(data)] = true, true
		}
	}
	if len(sums) != 20*len(load.Parts) || len(sizes) < 40 {
		t.Errorf("%d different masters in %d sizes", len(sums), len(sizes))
	}
}

func TestASampleImageMustBeAJPEG(t *testing.T) {
	t.Parallel()
	for _, sample := range []string{"", "\xff", "GIF89a"} {
		if _, err := load.Film(load.Still, []byte(sample), rand.NewChaCha8([32]byte{})); err == nil {
			t.Errorf("%q makes an image", sample)
		}
	}
}
