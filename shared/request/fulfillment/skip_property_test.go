package fulfillment_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

var worlds = flag.Int("worlds", 1000, "random worlds for the property of skips")

// TestNoSkipIsFalse makes many random simulated libraries, and sends a request to each of them
// several times. A request is never skipped while the bucket holds an object that answers it, or
// while that is uncertain. If everything is known and no object answers, the request is skipped.
func TestNoSkipIsFalse(t *testing.T) {
	t.Parallel()
	ends := map[string]int{}
	for seed := range uint64(*worlds) {
		synctest.Test(t, func(t *testing.T) {
			w := newRandomFixture(t, seed)
			defer w.events.Wait()
			ends[w.ask(t)]++
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d worlds: %v", *worlds, ends)
	for _, end := range []string{"delivered", "skipped at once", "skipped later", "archived", "open", "open: not to be known", "delivered by the other"} {
		if ends[end] < *worlds/100 {
			t.Errorf("only %d worlds ended as %s: the test is too tame", ends[end], end)
		}
	}
}

// randomFixture is a random simulated library: its objects, the index's knowledge of them, and the
// faults that occur.
type randomFixture struct {
	*fixture
	random  *rand.Rand
	objects []object
	settle  time.Duration
	// slowness is the longest time that a call to the index, the queue or the bucket may take.
	slowness time.Duration

	unbuilt, otherRules, unreadable, unlisted, uncounted, poisoned bool
	lost                                                           bool // whether an object's event was lost
	// other says what the second destination's library has: nothing, another aspect than the wanted
	// one, or the wanted master. "" means that there is no second destination.
	other string

	events  sync.WaitGroup
	mu      sync.Mutex
	pending int        // the number of events in the queue
	lags    *rand.Rand // the delays of calls; separate from random, so that a seed always makes the same library
}

// object describes an object as it really is in the bucket, whatever the index knows of it.
type object struct {
	key    string
	labels masters.Labels
	kind   creative.Kind
	aspect creative.Aspect // the aspect of the object's pixels
	// certain is set if the key names the creative, and begins with the code as the request or the
	// index spells it. A listing finds such a key even if its event was lost.
	certain bool
	frozen  bool // whether the object is archived and has no restored copy
}

// answers is the oracle: it reports whether the object is a right answer for the slot.
func (o object) answers(slot creative.Slot) bool {
	place := masters.Place(library, o.key, int64(len(film)), o.labels)
	return place.Unplaced == "" && place.Creative.Same(slot.Creative) && o.kind == slot.Kind &&
		place.Locale == slot.Locale && o.aspect == slot.Aspect
}

// mayAnswer reports whether the object is archived and may be a right answer for the slot. It
// ignores the aspect of the object's pixels, because the index may not know the content of an
// archived object.
func (o object) mayAnswer(slot creative.Slot) bool {
	o.aspect = slot.Aspect
	return o.frozen && o.answers(slot)
}

func label(code, variation, locale string) masters.Labels {
	return masters.Labels{Tags: map[string]string{"creative-code": code, "creative-variation": variation, "creative-locale": locale}}
}

// The test draws random objects from this list. Some of them answer the request of the test, some
// are similar to such an answer, and some are unrelated.
var objects = []object{
	{key: "HRT-1212/v2/en/9x16.mp4", certain: true},
	{key: "HRT-1212/v2/en/final cut.mp4", certain: true},
	{key: "HRT-1212-2_en_9x16.mp4", certain: true},
	{key: "HRT-1212-2_en.mp4", certain: true},
	{key: "HRT-1212/v2/en/9x16.jpg", certain: true, kind: creative.Image},
	{key: "HRT-1212/v2/de/9x16.mp4", certain: true},
	{key: "HRT-1212/v2/9x16.mp4", certain: true},
	{key: "hrt-1212/v2/en/9x16.mp4"},
	{key: "summer/HRT-1212-2_en_9x16.mp4"},
	{key: "summer/HRT-1212/v2/en/9x16.mp4"},
	{key: "summer/film.mp4", labels: label("hrt-1212", "2", "EN")},
	{key: "HRT-1212/v9/en/9x16.mp4", labels: label("HRT-1212", "2", "en")},
	{key: "HRT-1212/v2/en/other.mp4", labels: label("OTHER", "1", "en")},
	{key: "HRT-1212/v20/en/9x16.mp4"}, {key: "HRT-1212/v12/en/9x16.mp4"}, {key: "HRT-121/v2/en/9x16.mp4"},
	{key: "HRT-12123/v2/en/9x16.mp4"}, {key: "HRT-1212-2_en_9x16_thumb.jpg"}, {key: "HRT-1212/v2/en/._9x16.mp4"},
	{key: "HRT-1212-2_draft_9x16.mp4"}, {key: "HRT-1212-2_en_9x16_preview.mp4"}, // unclear names: each file may be the wanted one
	{key: "films/HRT-1212-2_draft_9x16.mp4"}, {key: "films/HRT-1212/2/3/draft.mp4"},
}

func newRandomFixture(t *testing.T, seed uint64) *randomFixture {
	w := &randomFixture{fixture: newFixture(t), random: rand.New(rand.NewPCG(seed, 1)), lags: rand.New(rand.NewPCG(seed, 2))}
	w.service.Bucket, w.service.Backlog = shelf{w.bucket, w}, w
	w.settle = []time.Duration{0, 2 * time.Second, 120 * time.Second}[w.random.IntN(3)]
	w.service.IndexLag = w.settle
	w.slowness = []time.Duration{0, time.Second, 10 * time.Second}[w.random.IntN(3)]
	w.service.Index = masters.Index{Blobs: slow{w.index.Blobs, w}}
	if w.random.IntN(4) == 0 {
		w.service.Queue = &queue{}
	}
	for _, wrong := range []*bool{&w.unbuilt, &w.otherRules, &w.unreadable, &w.unlisted, &w.uncounted, &w.poisoned} {
		*wrong = w.random.IntN(12) == 0
	}
	w.writeState(t)
	for range w.random.IntN(5) {
		w.place(t, objects[w.random.IntN(len(objects))])
	}
	w.other = []string{"", "", "", "nothing", "square", "master"}[w.random.IntN(6)]
	w.placeTheirs(t)
	if w.unreadable {
		w.service.Index = masters.Index{Blobs: denied{}}
	}
	return w
}

// placeTheirs fills the second destination's library.
func (w *randomFixture) placeTheirs(t *testing.T) {
	t.Helper()
	team := teams{fixture: w.fixture, request: wanted()}
	err := w.index.SaveState(t.Context(), theirs, masters.State{Format: masters.Format, Rules: theirs.RuleSet(), Built: true}, "")
	switch {
	case err != nil:
		t.Fatal(err)
	case w.other == "square":
		team.put(t, theirs, "1x1.mp4", square)
	case w.other == "master":
		team.put(t, theirs, "9x16.mp4", nil)
	}
}

// through sends the request through the destination of the given library.
func (w *randomFixture) through(t *testing.T, lib masters.Library, r platform.Request) fulfillment.Outcome {
	t.Helper()
	job := fulfillment.Job{Request: r, Destination: lib.Name, Library: lib, Deadline: time.Now().Add(280 * time.Second)}
	if w.other != "" {
		job.Others = []masters.Library{theirs}
		if lib.Name == theirs.Name {
			job.Others = []masters.Library{library}
		}
	}
	return w.service.Fulfil(t.Context(), job)
}

// gossip sends a result that matches none of our requests, or several. It must cause no callback.
func (w *randomFixture) gossip(t *testing.T, r platform.Request) {
	t.Helper()
	lib := []masters.Library{library, theirs}[w.random.IntN(2)]
	result := platform.Result{
		Slot: r.Slot, StorageKey: []string{"", "fb-external/p/another"}[w.random.IntN(2)],
		Reason: []string{"file_not_available", "bad_bitrate"}[w.random.IntN(2)],
		Raw:    fmt.Appendf(nil, `{"n":%d}`, w.random.IntN(5)),
	}
	uploads, callbacks := len(w.uploads), len(w.callbacks)
	class := []platform.Class{platform.Fulfilled, platform.Rejected, platform.TimedOut}[w.random.IntN(3)]
	o := w.service.Resolve(t.Context(), fulfillment.Report{Class: class, Result: result, Destination: lib.Name, Library: lib})
	if o.Status != fulfillment.Unknown || len(w.uploads) != uploads || len(w.callbacks) != callbacks {
		t.Errorf("result %v %+v through %s: %+v", class, result, lib.Name, o)
	}
}

func (w *randomFixture) writeState(t *testing.T) {
	t.Helper()
	state := masters.State{Format: masters.Format, Rules: library.RuleSet(), Built: !w.unbuilt}
	if w.otherRules {
		state.Rules = "other"
	}
	_, revision, err := w.index.State(t.Context(), library)
	if err == nil {
		err = w.index.SaveState(t.Context(), library, state, revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// place puts an object into the bucket. The index knows the object as it is, as it was, or not at
// all. In the last two cases the object's event is still to come. The event may be lost only if a
// listing finds the key.
func (w *randomFixture) place(t *testing.T, o object) {
	t.Helper()
	if slices.ContainsFunc(w.objects, func(p object) bool { return p.key == o.key }) {
		return
	}
	o.aspect = w.shape()
	if o.kind == "" {
		o.kind = creative.Video
	}
	w.objects = append(w.objects, o)
	known := w.random.IntN(3)
	if known == 1 { // the index knows the object as it was before, perhaps with another aspect
		w.bucket.Put(o.key, bytes.Repeat([]byte("old!"), 9), o.labels.Tags)
		was := o
		was.aspect = w.shape()
		w.learn(t, was)
	}
	w.bucket.Put(o.key, film, o.labels.Tags)
	o.frozen = w.random.IntN(4) == 0
	last := &w.objects[len(w.objects)-1]
	last.frozen = o.frozen
	switch storage := w.random.IntN(3); {
	case storage == 0 && known == 2: // the object was archived or restored, and the index does not know yet
		before := o
		before.frozen = !o.frozen
		w.store(before)
		w.learn(t, before)
		known = 0
	case o.frozen && storage == 1: // the index knows the content, because it was read before the object was archived
		w.learn(t, o)
	}
	w.store(o)
	switch {
	case known == 2:
		w.learn(t, o)
	case o.certain && w.random.IntN(2) == 0:
		w.lost = true
	default:
		arrival, work := w.until(w.settle), w.until(3*time.Minute)
		if arrival == 0 {
			w.add(1)
		}
		w.events.Go(func() { w.announce(t, o, arrival, work) })
	}
}

// store archives an object, or restores a copy of it.
func (w *randomFixture) store(o object) {
	class := []masters.Storage{{StorageClass: "GLACIER"}, {StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}}
	storage := class[w.random.IntN(len(class))]
	storage.Restored = !o.frozen
	w.bucket.Store(o.key, storage)
}

func (w *randomFixture) shape() creative.Aspect {
	return []creative.Aspect{"9x16", "9x16", "1x1"}[w.random.IntN(3)]
}

// until returns a random time between 0 and d.
func (w *randomFixture) until(d time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(max(int64(d), 1)))
}

// lag delays a call, so that the simulated library changes meanwhile. Several calls may run at the
// same time.
//
// lag never waits for a timer of zero: Go 1.26 runs an expired timer in the goroutine that receives
// from the timer, with one race context for all goroutines of a synctest bubble (unlockAndRun in
// runtime/time.go). The race detector crashes when two goroutines do this at once.
func (w *randomFixture) lag() {
	w.mu.Lock()
	lag := time.Duration(w.lags.Int64N(max(int64(w.slowness), 1)))
	w.mu.Unlock()
	if lag > 0 {
		<-time.After(lag)
	}
}

// announce lets the object's event arrive in the queue after the time arrival. After the further
// time work, it handles the event: it indexes the object.
func (w *randomFixture) announce(t *testing.T, o object, arrival, work time.Duration) {
	if arrival > 0 {
		<-time.After(arrival)
		w.add(1)
	}
	<-time.After(work)
	w.learn(t, o)
	w.add(-1)
}

func (w *randomFixture) add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending += n
}

// learn writes the index entries that the indexer would write for an object.
func (w *randomFixture) learn(t *testing.T, o object) {
	ctx := context.Background() // not the test's context, because an event may be handled after the test has ended
	place := masters.Place(library, o.key, int64(len(film)), o.labels)
	seen, err := w.bucket.Look(ctx, o.key)
	if err != nil {
		t.Error(err)
		return
	}
	placed := masters.Placed{Format: masters.Format, Key: o.key, ETag: seen.ETag, Unplaced: place.Unplaced, Rules: library.RuleSet()}
	into := func(at creative.Creative, put func(masters.Document) masters.Document) {
		placed.Documents = append(placed.Documents, at.Canonical())
		for again := true; again; {
			doc, revision, err := w.index.Document(ctx, library, at)
			if err == nil {
				err = w.index.SaveDocument(ctx, library, put(doc), revision)
			}
			again = errors.Is(err, masters.ErrStale)
		}
	}
	if place.Unplaced == "" {
		m := masters.Master{
			Key: o.key, ETag: seen.ETag, Size: seen.Size, Kind: o.kind, Locale: place.Locale, Aspect: o.aspect,
			Storage: seen.Storage, Probed: true, Extension: "mp4", MediaType: "video/mp4",
		}
		if m.Archived() {
			m.Probed, m.Extension, m.MediaType, m.Aspect = false, "", "", place.Aspect
		}
		into(place.Creative, func(d masters.Document) masters.Document {
			if old := d.Find(o.key); old != nil {
				return d.Put(m.WithContentOf(*old))
			}
			return d.Put(m)
		})
	}
	_, revision, err := w.index.Placed(ctx, library, o.key)
	if err == nil {
		_, err = w.index.SavePlaced(ctx, library, placed, revision)
	}
	if err != nil {
		t.Error(err)
	}
}

// Waiting implements [fulfillment.Backlog].
func (w *randomFixture) Waiting(context.Context) (int, error) {
	w.lag()
	defer w.lag()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.uncounted:
		return 0, errors.New("throttled")
	case w.poisoned:
		return w.pending + 1, nil
	}
	return w.pending, nil
}

// slow is an index whose reads take a random time.
type slow struct {
	masters.Blobs
	w *randomFixture
}

func (s slow) Load(ctx context.Context, name string) ([]byte, string, error) {
	s.w.lag()
	defer s.w.lag()
	return s.Blobs.Load(ctx, name)
}

// shelf is a bucket that may refuse listings.
type shelf struct {
	*masterstest.Bucket
	w *randomFixture
}

func (s shelf) List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	s.w.lag()
	if s.w.unlisted {
		return func(yield func(masters.Entry, error) bool) { yield(masters.Entry{}, errors.New("403")) }
	}
	return func(yield func(masters.Entry, error) bool) {
		for entry, err := range s.Bucket.List(ctx, prefix) {
			isTheirs := strings.HasPrefix(entry.Key, theirs.Prefix)
			if isTheirs == strings.HasPrefix(prefix, theirs.Prefix) && !yield(entry, err) {
				return
			}
		}
	}
}

// ask sends the request up to three times, minutes apart and through each destination, and returns
// how the request ended.
func (w *randomFixture) ask(t *testing.T) string {
	r := wanted()
	there := slices.ContainsFunc(w.objects, func(o object) bool { return o.answers(r.Slot) })
	near := slices.ContainsFunc(w.objects, func(o object) bool {
		return strings.Contains(o.key, "draft") || strings.Contains(o.key, "preview")
	})
	unknowable := w.unbuilt || w.otherRules || w.unreadable || w.unlisted || w.uncounted || w.poisoned
	turns := []masters.Library{library}
	if w.other != "" {
		turns = [][]masters.Library{{library, theirs, library, theirs}, {theirs, library, theirs, library}}[w.random.IntN(2)]
	}
	for turn := range 3 * len(turns) {
		n := turn / len(turns)
		if w.random.IntN(3) == 0 && !w.unreadable {
			w.gossip(t, r)
		}
		o := w.through(t, turns[turn%len(turns)], r)
		if skipped := strings.Contains(fmt.Sprint(w.callbacks), `"skip":true`); skipped != (o.Status == fulfillment.Skipped) {
			t.Fatalf("outcome %+v, callbacks %q", o, w.callbacks)
		}
		switch {
		case o.Status == fulfillment.Skipped && (there || near || unknowable || w.other == "master"):
			t.Fatalf("skipped (%s) with %+v; near %t, not to be known %t, the other library has %s", o.Code, w.objects, near, unknowable, w.other)
		case o.Status == fulfillment.Skipped && w.other == "square" && !w.saidByTheirs(t, r):
			t.Fatalf("skipped (%s) before the other library's copy had its say", o.Code)
		case o.Status == fulfillment.Delivered && strings.HasPrefix(o.Decision.Key, theirs.Prefix):
			if w.other != "master" {
				t.Fatalf("delivered %s", o.Decision.Key)
			}
			return "delivered by the other"
		case o.Status == fulfillment.Skipped && n == 0:
			return "skipped at once"
		case o.Status == fulfillment.Skipped:
			return "skipped later"
		case o.Status == fulfillment.Delivered && !there:
			t.Fatalf("delivered %+v of %+v", o, w.objects)
		case o.Status == fulfillment.Delivered && !slices.ContainsFunc(w.objects, func(p object) bool { return p.key == o.Decision.Key && !p.frozen && p.answers(r.Slot) }):
			t.Fatalf("delivered %s, which is archived or another's: %+v", o.Decision.Key, w.objects)
		case o.Status == fulfillment.Delivered:
			return "delivered"
		case o.Status == fulfillment.Failed:
			if o.Code != "archived" || w.other == "master" || !slices.ContainsFunc(w.objects, func(p object) bool { return p.mayAnswer(r.Slot) }) {
				t.Fatalf("failed (%s) with %+v", o.Code, w.objects)
			}
			return "archived"
		}
		if turn%len(turns) != len(turns)-1 {
			continue
		}
		if n < 2 {
			<-time.After(w.until(5 * time.Minute))
		}
		// before the request is sent for the last time, wait until every event has been handled
		if n == 1 {
			<-time.After(w.settle + 3*time.Minute)
		}
	}
	if unknowable {
		return "open: not to be known"
	}
	if !near && !w.lost {
		t.Errorf("still open with %+v, the other library has %q", w.objects, w.other)
	}
	return "open"
}

// saidByTheirs reports whether the run for the second destination's library has proved that no
// object in that library answers the request.
func (w *randomFixture) saidByTheirs(t *testing.T, r platform.Request) bool {
	t.Helper()
	item := w.item(t, r)
	return item.Library == theirs.Name || slices.Contains(item.Passed, theirs.Name)
}
