package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
)

// faultyIndex fails reads of documents whose names begin with a prefix. The field from is the
// number, counted from 1, of the first of these reads that fails; all later ones fail, too.
type faultyIndex struct {
	masters.Blobs
	prefix string
	from   int
	reads  int
}

func (f *faultyIndex) Load(ctx context.Context, name string) ([]byte, string, error) {
	if strings.HasPrefix(name, f.prefix) {
		if f.reads++; f.reads >= f.from {
			return nil, "", errors.New("503")
		}
	}
	return f.Blobs.Load(ctx, name)
}

// If a read fails, the run ends at once. A run waits only while the index may still learn of a
// file.
func TestAFaultEndsTheWait(t *testing.T) {
	t.Parallel()
	index := func(prefix string, from int) func(*testing.T, *fixture) {
		return func(t *testing.T, s *fixture) {
			// the document lacks the file, so the proof reads the indexer's record of the key
			s.bucket.Put(key, film, nil)
			s.service.Index = masters.Index{Blobs: &faultyIndex{Blobs: s.index.Blobs, prefix: prefix, from: from}}
		}
	}
	look := func(prepare func(*testing.T, *fixture)) func(*testing.T, *fixture) {
		return func(t *testing.T, s *fixture) {
			prepare(t, s)
			s.bucket.BeforeLook = func(string) error { return errors.New("403") }
		}
	}
	for name, breakIt := range map[string]func(*testing.T, *fixture){
		"the library's state":     index("state/", 1),
		"the document":            index("index/", 1),
		"the document once again": index("index/", 4),
		"a key's record":          index("placed/", 1),
		"the chosen master":       look(func(t *testing.T, s *fixture) { s.add(t, key, film, true, nil) }),
		"an archived master": look(func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.StorageClass = "GLACIER" })
		}),
		"the index's queue": func(_ *testing.T, s *fixture) {
			s.service.Backlog = backlog(func() (int, error) { return 0, errors.New("403") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				breakIt(t, s)
				began := time.Now()
				o := s.fulfil(t, wanted())
				if took := time.Since(began); o.Status != fulfillment.Retry || o.Code != fulfillment.CodeIndex || took > 3*time.Second || len(s.callbacks) != 0 {
					t.Errorf("%+v after %v, callbacks %q", o, took, s.callbacks)
				}
			})
		})
	}
}

// backlog is a queue of events whose length is decided by a function of the test.
type backlog func() (int, error)

func (b backlog) Waiting(context.Context) (int, error) { return b() }

// A master may be added to the index after a run has read the document and found no master. The run
// must then deliver that master and not skip the request.
func TestAMasterIndexedDuringAProofIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, asked := newFixture(t), 0
		s.service.Backlog = backlog(func() (int, error) {
			if asked++; asked == 1 {
				s.add(t, "elsewhere.mp4", film, true, nil)
				s.bucket.Tag("elsewhere.mp4", map[string]string{
					masters.LabelCode: "HRT-1212", masters.LabelVariation: "2", masters.LabelLocale: "en",
				})
			}
			return 0, nil
		})
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
	})
}

// A file is uploaded while a proof counts the events in the queue. The proof finds the file,
// because it lists the bucket only after the count.
func TestAFileThatComesWhileTheQueueIsCountedIsNoAbsence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.service.Queue = &queue{}
		s.service.Backlog = backlog(func() (int, error) {
			<-time.After(time.Second)
			s.bucket.Put(key, film, nil) // the file is in the bucket, but its event has not arrived yet
			return 0, nil
		})
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeIndex {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
	})
}

// If the chosen master was deleted, the run waits until the index lists another master, and
// delivers that one.
func TestADeletedMasterIsChosenAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, func(m *masters.Master) { m.Width = 4000 })
		s.bucket.Delete(key)
		time.AfterFunc(3*time.Second, func() {
			doc, revision, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
			if err == nil {
				err = s.index.SaveDocument(t.Context(), library, doc.Without(key), revision)
			}
			if err != nil {
				t.Error(err)
			}
			s.add(t, "HRT-1212/v2/en/other_9x16.mp4", film, true, nil)
		})
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered || o.Decision.Key == key {
			t.Errorf("%+v", o)
		}
	})
}

// versioned is a bucket with versions. The current version id of every object is the field now.
type versioned struct {
	fulfillment.Bucket
	now string
}

func (v versioned) Look(ctx context.Context, key string) (masters.Object, error) {
	o, err := v.Bucket.Look(ctx, key)
	o.VersionID = v.now
	return o, err
}

// A master is delivered only if the indexed version is still the current one, or if the index names no
// version. If a newer version has replaced it, the run tries again later, even if the bytes are the
// same: S3 may delete the older version before it is read.
func TestOnlyTheIndexedVersionIsDelivered(t *testing.T) {
	t.Parallel()
	for indexed, c := range map[string]struct {
		now  string
		want fulfillment.Status
	}{"v1": {"v1", fulfillment.Delivered}, "v0": {"v1", fulfillment.Retry}, "": {"v1", fulfillment.Delivered}} {
		synctest.Test(t, func(t *testing.T) {
			s := newFixture(t)
			s.add(t, key, film, true, func(m *masters.Master) { m.VersionID = indexed })
			s.service.Bucket = versioned{s.bucket, c.now}
			if o := s.fulfil(t, wanted()); o.Status != c.want {
				t.Errorf("version %q is indexed: %+v, want %s", indexed, o, c.want)
			}
		})
	}
}

// keys is a bucket that also lists a given number of extra keys of one creative.
type keys struct {
	fulfillment.Bucket
	count  int
	format string
}

func (k keys) List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	return func(yield func(masters.Entry, error) bool) {
		for n := range k.count {
			if key := fmt.Sprintf(k.format, n); strings.HasPrefix(key, prefix) && !yield(masters.Entry{Key: key, ETag: `"1"`, Size: 1}, nil) {
				return
			}
		}
	}
}

// elsewhere returns a record of a key whose labels place it at another creative.
func elsewhere(key string) masters.Placed {
	return masters.Placed{
		Format: masters.Format, Key: key, ETag: `"1"`, Rules: library.RuleSet(), Rule: masters.RuleLabels,
		Documents: []creative.Creative{{Code: "OTHER", Variation: 1}},
	}
}

// A proof reads at most a thousand of the indexer's records. If it had to read more, its error says
// so. The next proof counts from zero.
func TestAProofHasItsBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bucket  keys
		records int
		want    fulfillment.Status
		detail  string
	}{
		"a thousand keys that name it": {keys{count: 1000, format: "HRT-1212/2/brief %d.mp4"}, 1000, fulfillment.Skipped, ""},
		"one more":                     {keys{count: 1001, format: "HRT-1212/2/brief %d.mp4"}, 1001, fulfillment.Retry, "over 1000 keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				for n := range c.records {
					key := fmt.Sprintf(c.bucket.format, n)
					if _, err := s.index.SavePlaced(t.Context(), library, elsewhere(key), ""); err != nil {
						t.Fatal(err)
					}
				}
				c.bucket.Bucket = s.bucket
				s.service.Bucket, s.service.HoldTimeout = c.bucket, time.Second
				if o := s.fulfil(t, wanted()); o.Status != c.want || !strings.Contains(o.Detail, c.detail) {
					t.Errorf("%+v, want %s, detail %q", o, c.want, c.detail)
				}
			})
		})
	}
}

// The budget assumes 37 MiB/s until a transfer is measured. It keeps free the last 10 s of the run
// and the last 1 s before the request expires.
func TestABudgetKeepsTenSecondsFree(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	const s = time.Second
	for _, c := range []struct {
		size             int64
		rate             float64
		deadline, expiry time.Duration // times from now; a deadline of 0 means that there is no deadline
		want             fulfillment.Plan
	}{
		{37 << 20, 0, 11 * s, time.Hour, fulfillment.DeliverNow}, {37 << 20, 0, 11*s - 1, time.Hour, fulfillment.HandOff},
		{37 << 20, -1, 11 * s, 2 * s, fulfillment.DeliverNow}, {37 << 20, 0, 11 * s, 2*s - 1, fulfillment.GiveUp},
		{100, 1, 0, 101 * s, fulfillment.DeliverNow}, {100, 1, 0, 101*s - 1, fulfillment.GiveUp}, {100, 1, 0, time.Hour, fulfillment.DeliverNow},
	} {
		deadline := time.Time{}
		if c.deadline > 0 {
			deadline = now.Add(c.deadline)
		}
		if got := fulfillment.Budget(c.size, c.rate, now, deadline, now.Add(c.expiry)); got != c.want {
			t.Errorf("Budget(%d, %v, %v, %v) = %v, want %v", c.size, c.rate, c.deadline, c.expiry, got, c.want)
		}
	}
}
