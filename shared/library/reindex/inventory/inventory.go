// Package inventory reads S3 Inventory's reports: which keys a bucket has, as a file that
// S3 writes each day or week.
//
// Only CSV is read. A report tells what was there when it was made; what came since, the
// bucket's events tell.
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

// Manifest says which files a report has (Amazon S3 User Guide, "Inventory manifest").
type Manifest struct {
	Bucket  string // whose inventory it is
	Created string // milliseconds since 1970
	Files   []File

	columns []string
}

// File is one of a report's files.
type File struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`        // bytes, compressed
	MD5  string `json:"MD5checksum"` // of the compressed bytes, in hex
}

// The limits of what is read.
const (
	MaxManifest = 16 << 20
	maxFiles    = 100_000
	maxColumns  = 64
	maxKey      = 3 << 10 // 1,024 bytes, each of them escaped
)

// The reasons why a report is not read.
var (
	ErrManifest = errors.New("no manifest of an S3 Inventory that can be read")
	ErrReport   = errors.New("file of an S3 Inventory that cannot be read")
)

// ReadManifest reads a report's manifest.json. Errors: ErrManifest.
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

// Keys yields the keys that a file lists and that are there: no old versions, no delete
// markers. The last thing it yields is an error where the file cannot be read, or is not
// what the manifest says. Errors: ErrReport.
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
			yield("", fmt.Errorf("%w: %s: not the size or MD5 that the manifest says", ErrReport, f.Key))
		}
	}
}

var errStopped = errors.New("stopped")

func (m Manifest) rows(compressed io.Reader, visit func(string) bool) error {
	plain, err := gzip.NewReader(compressed)
	if err != nil {
		return err
	}
	// A row is bounded, so that a bomb of one endless row is none.
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

// key returns a row's key, and whether there is an object under it.
func (m Manifest) key(row []string) (key string, there bool, err error) {
	there = true
	for i, column := range m.columns {
		switch column {
		case "Bucket":
			if row[i] != m.Bucket {
				return "", false, fmt.Errorf("a row of bucket %.64q in the inventory of %q", row[i], m.Bucket)
			}
		case "Key":
			if len(row[i]) > maxKey {
				return "", false, errors.New("a key longer than S3 has")
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

// maxRow is the longest row that is read, in bytes.
const maxRow = 16 << 10

var errLongRow = fmt.Errorf("a row over %d bytes", maxRow)

// boundedLines passes whole lines on, none longer than maxRow.
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
		b.line = line // what follows an error is read, and told, by the next call
	}
	n := copy(p, b.line)
	b.line = b.line[n:]
	return n, nil
}
