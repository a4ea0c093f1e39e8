package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// recordsOf returns the keys of the stored events that the options select. They are sorted by
// sender and then by time, the oldest first. If more than o.limit events match, it returns
// errManyEvents.
func (s *session) recordsOf(ctx context.Context, d deployment, o replayOptions) (keys []string, err error) {
	switch {
	case o.records != nil:
		keys = o.records
	case o.subject != "":
		t, err := s.timeline(ctx, d, o.sender, o.subject)
		if err != nil {
			return nil, err
		}
		keys = recordsIn(t)
	case o.narrow():
		q := o.timelineQuery
		q.limit++ // read one timeline more than the limit, so that the check below notices too many events
		found, err := s.findTimelines(ctx, d, q)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			keys = append(keys, recordsIn(t)...)
		}
	default:
		if keys, err = s.recordsSince(ctx, d, o); err != nil {
			return nil, err
		}
	}
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	if len(keys) > o.limit {
		return nil, errManyEvents
	}
	return keys, nil
}

// recordsIn returns the keys of the stored events that a timeline lists.
func recordsIn(t timeline.Timeline) (keys []string) {
	for _, e := range t.Entries {
		keys = append(keys, e.Record)
	}
	for _, f := range t.Files {
		keys = append(keys, f.Record)
	}
	return slices.DeleteFunc(keys, func(key string) bool { return key == "" })
}

// recordsSince returns the keys of a sender's stored events from o.since ago until now. It includes
// events that belong to no timeline. It stops when it has one key more than o.limit.
func (s *session) recordsSince(ctx context.Context, d deployment, o replayOptions) (keys []string, err error) {
	oldest := s.now().Add(-time.Duration(o.since))
	bucket := s3records.Records{Client: s.s3(), Bucket: d.intake.bucket}
	for day := oldest.UTC().Truncate(24 * time.Hour); !day.After(s.now()); day = day.AddDate(0, 0, 1) {
		for key, err := range bucket.List(ctx, intake.DayPrefix(o.sender, day), "") {
			if err != nil {
				return nil, err
			}
			_, id, err := intake.ParseKey(key)
			if err != nil {
				continue // skip the object: its key is not the key of a stored event
			}
			if at, err := intake.IDTime(id); err == nil && !at.Before(oldest) {
				keys = append(keys, key)
			}
			if len(keys) > o.limit {
				return keys, nil
			}
		}
	}
	return keys, nil
}

// readRecords reads the stored events with these keys, and marks the unreadable ones. An unreadable
// event must not be replayed, because the function collect would retry it for days.
func (s *session) readRecords(ctx context.Context, d deployment, keys []string) ([]*rerun, error) {
	const atOnce = 16
	bucket := s3records.Records{Client: s.s3(), Bucket: d.intake.bucket}
	list := make([]*rerun, len(keys))
	looked := s.counting("events read")
	defer looked.end()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, key := range keys {
		group.Go(func() (err error) {
			list[i], err = readRecord(ctx, bucket, key)
			looked.add(1)
			return err
		})
	}
	return list, group.Wait()
}

func readRecord(ctx context.Context, bucket s3records.Records, key string) (*rerun, error) {
	r := &rerun{Record: key, Fate: unreadable}
	if _, _, err := intake.ParseKey(key); err != nil {
		return r, nil
	}
	record, err := bucket.Get(ctx, key)
	switch {
	case errors.Is(err, intake.ErrAbsent):
		r.Fate = gone
		return r, nil
	case errors.Is(err, intake.ErrRecord) || err == nil && record.Key() != key:
		return r, nil
	case err != nil:
		return nil, err
	}
	r.Received, r.Fate = record.Received, replayable
	if e, err := senders.Read(record.Delivery(), senders.PosternityConfig{}); err == nil {
		r.What = strings.TrimSpace(e.Type + " " + e.Status)
	}
	return r, nil
}
