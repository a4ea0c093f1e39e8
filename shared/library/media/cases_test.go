package media_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"masterhand/shared/library/media"
)

// cases is a folder of files that cameras, editors and uploads produce. The files are rebuilt
// from public reports of faults in players and upload services.
const cases = "testdata/cases"

// known holds the line of truth.tsv that describes one file of the cases.
type known struct {
	file string
	// "ok" means deliverable, "no" means not deliverable, "either" means that both are defensible
	class         string
	extension     string // the expected extension; "" means not deliverable
	width, height int
	problem       string   // text of the expected error of Probe; "" means no error
	players       []string // names of the players that show the file with the proportions width:height
}

// knownCases returns all lines of truth.tsv.
func knownCases(t testing.TB) (all []known) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(cases, "truth.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	table := csv.NewReader(bytes.NewReader(data))
	table.Comma = '\t'
	rows, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		k := known{file: row[0], class: row[1], extension: row[2], problem: row[5]}
		k.width, _ = strconv.Atoi(row[3])
		k.height, _ = strconv.Atoi(row[4])
		k.players = slices.DeleteFunc(strings.Split(row[6], "+"), func(p string) bool { return p == "" })
		all = append(all, k)
	}
	return all
}

// content returns the bytes of the case's file. If the file is stored compressed, it decompresses
// the file.
func (k known) content(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(cases, k.file))
	if err == nil {
		return data
	}
	packed, err := os.Open(filepath.Join(cases, k.file+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// write writes the file into dir and returns its path.
func (k known) write(t testing.TB, dir string) string {
	t.Helper()
	path := filepath.Join(dir, k.file)
	if err := os.WriteFile(path, k.content(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCases(t *testing.T) {
	t.Parallel()
	for _, want := range knownCases(t) {
		t.Run(want.file, func(t *testing.T) {
			t.Parallel()
			o := &object{data: want.content(t)}
			info, err := media.Probe(t.Context(), o, o.length())
			got := known{file: want.file, class: want.class, players: want.players}
			for _, v := range verdicts {
				if errors.Is(err, v) {
					got.problem = v.Error()
				}
			}
			if err != nil && got.problem == "" {
				t.Fatal(err)
			}
			if got.extension = info.Extension; err != nil {
				got.extension = ""
			}
			if got.extension != "" {
				got.width, got.height = info.Width, info.Height
			}
			if got.extension != want.extension || got.problem != want.problem || got.width != want.width || got.height != want.height {
				t.Errorf("%+v (%v)\nwant %+v", got, err, want)
			}
			if want.class == "ok" && got.extension == "" || want.class == "no" && got.extension != "" {
				t.Errorf("%+v, want the class %s", got, want.class)
			}
			if o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

// truth.tsv must list exactly the files that are in the folder of cases.
func TestCasesAreWhole(t *testing.T) {
	t.Parallel()
	list := []string{"truth.tsv"}
	for _, k := range knownCases(t) {
		list = append(list, k.file)
	}
	entries, err := os.ReadDir(cases)
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, e := range entries {
		there = append(there, strings.TrimSuffix(e.Name(), ".gz"))
	}
	slices.Sort(list)
	slices.Sort(there)
	if !slices.Equal(list, there) {
		t.Errorf("truth.tsv and its folder differ:\n%v\n%v", list, there)
	}
}
