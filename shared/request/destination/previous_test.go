package destination_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// versioned is a source with two versions of the list: the current and the previous one.
type versioned struct {
	source
	previous    string
	previousErr error
	asked       int // the number of reads of the previous list
}

func (v *versioned) LoadPrevious(context.Context) ([]byte, error) {
	v.asked++
	return []byte(v.previous), v.previousErr
}

func versionedRing(v *versioned) *ring {
	r := &ring{source: &v.source, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	r.Keyring = destination.NewKeyring(v, destination.Config{
		MaxAge: time.Minute, Recheck: 30 * time.Second,
		Now:     func() time.Time { return r.now },
		OnError: func(_ context.Context, err error) { r.reported = append(r.reported, err) },
	})
	return r
}

// If the current list does not parse when a keyring starts, the keyring uses the previous list,
// reports the problem at each load, and takes the repaired list once it parses.
func TestThePreviousListServesWhileTheCurrentOneIsGarbled(t *testing.T) {
	t.Parallel()
	v := &versioned{previous: list(signature.Outpost, oldSecret)}
	v.value = list(signature.Outpost, newSecret)[:20]
	r := versionedRing(v)
	for range 10 { // ten requests in five minutes, one every 30 s
		if match, err := r.verify(t, signed(t, signature.Outpost, r.now, oldSecret)); err != nil || match.KeyHint != "old1" {
			t.Fatalf("%+v, %v", match, err)
		}
		r.now = r.now.Add(30 * time.Second)
	}
	if len(r.reported) != 10 || v.loads != 10 || v.asked != 1 {
		t.Errorf("%d errors reported of %d loads, the previous list asked for %d times", len(r.reported), v.loads, v.asked)
	}
	v.set(list(signature.Outpost, newSecret), nil)
	if match, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret)); err != nil || match.KeyHint != "new2" {
		t.Errorf("the mended list: %+v, %v", match, err)
	}
	if _, err := r.verify(t, signed(t, signature.Outpost, r.now, oldSecret)); !errors.Is(err, signature.ErrMismatch) {
		t.Errorf("a secret of the previous list: %v, want ErrMismatch", err)
	}
}

// If the previous value of the secret is not a list, or if it is the empty list of a new
// deployment, Verify returns ErrUnavailable, not ErrUnauthentic.
func TestAnUnusablePreviousListLeavesNoList(t *testing.T) {
	t.Parallel()
	garbled, good := "[", list(signature.Outpost, newSecret)
	down := errors.New("service down")
	for name, c := range map[string]struct {
		v     *versioned
		asked int
	}{
		"garbled, too":    {&versioned{source: source{value: garbled}, previous: garbled}, 1},
		"empty":           {&versioned{source: source{value: garbled}, previous: "[]"}, 1},
		"none":            {&versioned{source: source{value: garbled}, previous: good, previousErr: down}, 1},
		"not asked for":   {&versioned{source: source{err: down}, previous: good}, 0},
		"current is fine": {&versioned{source: source{value: "[]"}, previous: good}, 0},
	} {
		r := versionedRing(c.v)
		_, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret))
		want := destination.ErrUnavailable
		if name == "current is fine" {
			want = destination.ErrUnauthentic
		}
		if !errors.Is(err, want) || c.v.asked != c.asked {
			t.Errorf("%s: %v, want %v; the previous list was asked for %d times", name, err, want, c.v.asked)
		}
	}
}
