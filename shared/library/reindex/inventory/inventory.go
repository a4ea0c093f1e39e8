// Package inventory reads S3 Inventory reports: lists of the keys in a bucket, which S3 writes as
// files each day or week.
//
// It reads only CSV. A report states which keys existed when it was made; later changes arrive as
// events of the bucket.
package inventory

import (
	"bufio"
	"compress/gzip"
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"
)

// Manifest lists the files of a report (Amazon S3 User Guide, "Inventory manifest").
type Manifest struct {
	Bucket  string // the bucket that the report lists
	Created string // time of the report, in milliseconds since 1970
	Files   []File

	columns []string
}

// File describes one of the files in which a report lists keys.
type File struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`        // compressed size in bytes
	MD5  string `json:"MD5checksum"` // MD5 of the compressed bytes, in hex
}

// The size limits of manifests and rows.
const (
	MaxManifest = 16 << 20
	maxFiles    = 100_000
	maxColumns  = 64
	maxKey      = 3 << 10 // an S3 key has up to 1,024 bytes, each of which may be escaped as three
)

// The errors of reading a report.
var (
	ErrManifest = errors.New("unreadable manifest of an S3 Inventory")
	ErrReport   = errors.New("unreadable file of an S3 Inventory")
)

// ReadManifest parses a report's manifest.json. Errors: ErrManifest.
func ReadManifest(text []byte) (Manifest, error) {
	refuse := func(format string, args ...any) (Manifest, error) {
		return Manifest{}, fmt.Errorf("%w: %s", ErrManifest, fmt.Sprintf(format, args...))
	}
	var wire struct {
		SourceBucket      string
		FileFormat        string
		FileSchema        string
		CreationTimestamp string
		Files             []File
	}
	if len(text) > MaxManifest {
		return refuse("over %d bytes", MaxManifest)
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return refuse("%v", err)
	}
	m := Manifest{Bucket: wire.SourceBucket, Created: wire.CreationTimestamp, Files: wire.Files}
	for column := range strings.SplitSeq(wire.FileSchema, ",") {
		m.columns = append(m.columns, strings.TrimSpace(column))
	}
	switch {
	case wire.FileFormat != "CSV":
		return refuse("its format is %.20q; have S3 write CSV", wire.FileFormat)
	case m.Bucket == "":
		return refuse("no sourceBucket")
	case len(m.columns) > maxColumns, !slices.Contains(m.columns, "Key"), !slices.Contains(m.columns, "Bucket"):
		return refuse("columns %.200q, without Bucket or Key", wire.FileSchema)
	case len(m.Files) > maxFiles:
		return refuse("%d files, over %d", len(m.Files), maxFiles)
	}
	for i, f := range m.Files {
		if digest, err := hex.DecodeString(f.MD5); f.Key == "" || f.Size < 0 || err != nil || len(digest) != md5.Size {
			return refuse("file %d has no key, size or MD5", i)
		}
	}
	return m, nil
}

// Keys yields the keys of the existing objects that one file of the report lists. It leaves out old
// versions and delete markers. If the file cannot be read or does not match the manifest, the last
// item is an error. Errors: ErrReport.
func (m Manifest) Keys(f File, body io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		sum := md5.New()
		limited := &io.LimitedReader{R: io.TeeReader(body, sum), N: f.Size + 1}
		err := m.rows(bufio.NewReader(limited), func(key string) bool { return yield(key, nil) })
		if errors.Is(err, errStopped) {
			return
		}
		if err == nil {
			_, err = io.Copy(io.Discard, limited)
		}
		switch {
		case err != nil:
			yield("", fmt.Errorf("%w: %s: %w", ErrReport, f.Key, err))
		case limited.N != 1 || !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), f.MD5):
			yield("", fmt.Errorf("%w: %s: size or MD5 differs from the manifest", ErrReport, f.Key))
		}
	}
}

var errStopped = errors.New("stopped")

func (m Manifest) rows(compressed io.Reader, visit func(string) bool) error {
	plain, err := gzip.NewReader(compressed)
	if err != nil {
		return err
	}
	// A row has a size limit, because otherwise a compressed file with one endless row could
	// exhaust the memory.
	rows := csv.NewReader(&boundedLines{r: bufio.NewReaderSize(plain, maxRow)})
	rows.FieldsPerRecord, rows.ReuseRecord = len(m.columns), true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		key, there, err := m.key(row)
		if err != nil {
			return err
		}
		if there && !visit(key) {
			return errStopped
		}
	}
}

// key returns the key of a row. It reports whether the row describes an object that exists.
func (m Manifest) key(row []string) (key string, there bool, err error) {
	there = true
	for i, column := range m.columns {
		switch column {
		case "Bucket":
			if row[i] != m.Bucket {
				return "", false, fmt.Errorf("a row names bucket %.64q in the inventory of bucket %q", row[i], m.Bucket)
			}
		case "Key":
			if len(row[i]) > maxKey {
				return "", false, errors.New("a key longer than S3 allows")
			}
			if key, err = url.QueryUnescape(row[i]); err != nil {
				return "", false, err
			}
		case "IsLatest":
			there = there && row[i] != "false"
		case "IsDeleteMarker":
			there = there && row[i] != "true"
		}
	}
	return key, there && key != "", nil
}

// maxRow is the size limit of a row, in bytes.
const maxRow = 16 << 10

var errLongRow = fmt.Errorf("a row over %d bytes", maxRow)

// boundedLines reads whole lines and fails at a line longer than maxRow.
type boundedLines struct {
	r    *bufio.Reader
	line []byte
}

// Read implements [io.Reader].
func (b *boundedLines) Read(p []byte) (int, error) {
	if len(b.line) == 0 {
		line, err := b.r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return 0, errLongRow
		case len(line) == 0:
			return 0, err
		}
		b.line = line // an error is ignored here: the next call of Read reads again and returns it
	}
	n := copy(p, b.line)
	b.line = b.line[n:]
	return n, nil
}
