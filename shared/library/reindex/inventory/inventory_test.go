package inventory_test

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/reindex/inventory"
)

const manifest = `{"sourceBucket":"masters","destinationBucket":"arn:aws:s3:::reports","version":"2016-11-30",
	"creationTimestamp":"1763683200000","fileFormat":"CSV","fileSchema":"Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size",
	"files":[{"key":"data/1.csv.gz","size":7,"MD5checksum":"00112233445566778899aabbccddeeff"}]}`

func read(t *testing.T, text string) inventory.Manifest {
	t.Helper()
	m, err := inventory.ReadManifest([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// zipped returns a compressed file with these rows.
func zipped(t testing.TB, rows string) (inventory.File, []byte) {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(rows)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum(out.Bytes())
	return inventory.File{Key: "data/1.csv.gz", Size: int64(out.Len()), MD5: hex.EncodeToString(sum[:])}, out.Bytes()
}

func keys(m inventory.Manifest, f inventory.File, body []byte) (found []string, err error) {
	for key, problem := range m.Keys(f, bytes.NewReader(body)) {
		if problem != nil {
			return found, problem
		}
		found = append(found, key)
	}
	return found, nil
}

func TestOnlyPresentKeysAreYielded(t *testing.T) {
	t.Parallel()
	m := read(t, manifest)
	f, body := zipped(t, `"masters","HRT-1/v1/en/9x16.mp4","v1","true","false","10"
"masters","HRT-1/v1/en/9x16.mp4","v0","false","false","9"
"masters","gone.mp4","v2","true","true",""
"masters","a+b%2Bc%25%C3%A4%20%F0%9F%8D%8F,%22.mp4","","true","false","3"
`)
	got, err := keys(m, f, body)
	if want := []string{"HRT-1/v1/en/9x16.mp4", "a b+c%ä 🍏,\".mp4"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	for key := range m.Keys(f, bytes.NewReader(body)) {
		if key != "HRT-1/v1/en/9x16.mp4" {
			t.Errorf("went on with %q", key)
		}
		break
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":     `<xml>`,
		"Parquet":     strings.Replace(manifest, "CSV", "Parquet", 1),
		"no bucket":   strings.Replace(manifest, `"masters"`, `""`, 1),
		"no keys":     strings.Replace(manifest, "Key, ", "", 1),
		"no MD5":      strings.Replace(manifest, "00112233445566778899aabbccddeeff", "0011", 1),
		"no name":     strings.Replace(manifest, "data/1.csv.gz", "", 1),
		"below zero":  strings.Replace(manifest, `"size":7`, `"size":-7`, 1),
		"many fields": strings.Replace(manifest, "Size", strings.Repeat("x,", 80), 1),
		"too long":    manifest + strings.Repeat(" ", inventory.MaxManifest),
	} {
		if _, err := inventory.ReadManifest([]byte(text)); !errors.Is(err, inventory.ErrManifest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReportsThatAreRefused(t *testing.T) {
	t.Parallel()
	m := read(t, manifest)
	const good = `"masters","a.mp4","v1","true","false","10"` + "\n"
	for name, rows := range map[string]string{
		"another bucket": strings.Replace(good, "masters", "others", 1),
		"few columns":    `"masters","a.mp4"` + "\n",
		"bad escape":     strings.Replace(good, "a.mp4", "%zz", 1),
		"long key":       strings.Replace(good, "a.mp4", strings.Repeat("k", 4000), 1),
		"endless row":    good + strings.Repeat("x", 1<<20),
		"open quote":     `"masters","a.mp4` + "\n",
	} {
		f, body := zipped(t, rows)
		if _, err := keys(m, f, body); !errors.Is(err, inventory.ErrReport) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f, body := zipped(t, strings.Repeat(good, 1000))
	for name, spoil := range map[string]func() (inventory.File, []byte){
		"not compressed": func() (inventory.File, []byte) { return f, []byte(good) },
		"cut":            func() (inventory.File, []byte) { return f, body[:len(body)/2] },
		"longer":         func() (inventory.File, []byte) { return f, append(bytes.Clone(body), 0) },
		"another":        func() (inventory.File, []byte) { g := f; g.MD5 = strings.Repeat("00", 16); return g, body },
	} {
		f, body := spoil()
		if _, err := keys(m, f, body); !errors.Is(err, inventory.ErrReport) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// For any manifest and any rows, Keys yields keys or an error, and never panics.
func FuzzReport(f *testing.F) {
	f.Add([]byte(manifest), []byte(`"masters","a.mp4","v1","true","false","10"`))
	f.Add([]byte(manifest), []byte(`"masters","%zz`))
	f.Fuzz(func(t *testing.T, manifest, rows []byte) {
		m, err := inventory.ReadManifest(manifest)
		if err != nil {
			if !errors.Is(err, inventory.ErrManifest) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		file, body := zipped(t, string(rows))
		found, err := keys(m, file, body)
		if err != nil && !errors.Is(err, inventory.ErrReport) {
			t.Errorf("an error of another kind: %v", err)
		}
		if slices.Contains(found, "") {
			t.Errorf("an empty key out of %q", rows)
		}
	})
}
