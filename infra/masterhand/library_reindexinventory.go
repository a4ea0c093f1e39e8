package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
	"masterhand/shared/library/reindex/inventory"
)

// fed is the number of keys after which the feeder stores its position in the report.
const fed = 5000

var (
	errReportURL    = errors.New("--inventory must be a URL such as s3://BUCKET/…/manifest.json")
	errOtherReport  = errors.New("expected a report of the masters bucket, got one of another bucket")
	errReportCursor = errors.New("this report lacks the place at which the run stopped: start again with --restart")
)

// feed sends the library's keys from an S3 Inventory report. It continues at the position where an
// earlier call stopped.
func (s *session) feed(ctx context.Context, c reindex.Control, d deployment, lib masters.Library, o reindexOptions) error {
	bucket, key, ok := strings.Cut(strings.TrimPrefix(o.inventory, "s3://"), "/")
	if !ok || !strings.HasPrefix(o.inventory, "s3://") || bucket == "" || !strings.HasSuffix(key, "manifest.json") {
		return fmt.Errorf("%w: %w", errUsage, errReportURL)
	}
	manifest, err := s.readManifest(ctx, bucket, key, d.masters)
	if err != nil {
		return err
	}
	run, err := c.StartImport(ctx, lib, o.inventory, o.restart)
	if err != nil {
		return err
	}
	if run.Step.Phase != reindex.Importing {
		return nil // nothing left to send: an earlier call sent all keys
	}
	file, row, err := readCursor(run.Step.Cursor)
	if err != nil || file > len(manifest.Files) {
		return errReportCursor
	}
	f := feeder{session: s, control: c, lib: lib, manifest: manifest, bucket: bucket, run: run}
	for ; file < len(manifest.Files); file, row = file+1, 0 {
		if err := f.file(ctx, file, row); err != nil {
			return s.leavingFeed(ctx, err)
		}
	}
	_, err = c.FinishImport(ctx, lib, f.run)
	return err
}

func (s *session) leavingFeed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		fmt.Fprintln(s.err, "\nnot all keys are sent: the same command continues where this one stopped")
	}
	return err
}

func (s *session) readManifest(ctx context.Context, bucket, key, masters string) (inventory.Manifest, error) {
	out, err := s.s3().GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return inventory.Manifest{}, fmt.Errorf("reading the report's manifest: %w", err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(io.LimitReader(out.Body, inventory.MaxManifest+1))
	if err != nil {
		return inventory.Manifest{}, fmt.Errorf("reading the report's manifest: %w", err)
	}
	m, err := inventory.ReadManifest(text)
	if err == nil && m.Bucket != masters {
		err = fmt.Errorf("%w: %s", errOtherReport, m.Bucket)
	}
	if err == nil {
		if ms, bad := strconv.ParseInt(m.Created, 10, 64); bad == nil {
			s.warn("the report was made %s; the functions list the bucket to find the files that it lacks", time.UnixMilli(ms).UTC().Format(time.DateTime))
		}
	}
	return m, err
}

// feeder sends the keys of an S3 Inventory report. It reads the files of the report one after
// another.
type feeder struct {
	*session
	control  reindex.Control
	lib      masters.Library
	manifest inventory.Manifest
	bucket   string
	run      reindex.Run
}

// file sends the library's keys that one file of the report lists. It leaves out the first keys of
// the file, as many as the parameter skip says, because an earlier call already processed them.
func (f *feeder) file(ctx context.Context, number, skip int) error {
	file := f.manifest.Files[number]
	out, err := f.s3().GetObject(ctx, &s3.GetObjectInput{Bucket: &f.bucket, Key: &file.Key})
	if err != nil {
		return fmt.Errorf("reading %s: %w", file.Key, err)
	}
	defer out.Body.Close()
	var keys []string
	row := 0
	send := func(cursor string) error {
		f.run, err = f.control.Import(ctx, f.lib, f.run, keys, cursor)
		keys = keys[:0]
		if err == nil {
			fmt.Fprintf(f.err, "file %d of %d: %s sent\n", number+1, len(f.manifest.Files), counted(f.run.Step.Listed, "key"))
		}
		return err
	}
	for key, err := range f.manifest.Keys(file, out.Body) {
		if err != nil {
			return err
		}
		if row++; row <= skip || !strings.HasPrefix(key, f.lib.Prefix) {
			continue
		}
		if keys = append(keys, key); len(keys) == fed {
			if err := send(cursor(number, row)); err != nil {
				return err
			}
		}
	}
	return send(cursor(number+1, 0))
}

// cursor returns a position in a report as text: the number of a file, and the number of that
// file's keys that are already processed.
func cursor(file, row int) string { return fmt.Sprintf("%d %d", file, row) }

func readCursor(text string) (file, row int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	_, err = fmt.Sscanf(text, "%d %d", &file, &row)
	return file, row, err
}
