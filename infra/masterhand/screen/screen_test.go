package screen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterhand/infra/masterhand/screen"
)

const (
	key   = "HRT-1212/v2/en/a-very-long-folder-name/and-one-more/9x16.mp4"
	prose = "the platform already has this file from another request of today"
)

func printed(t *testing.T, s screen.Screen, table *screen.Table) string {
	t.Helper()
	var out bytes.Buffer
	s.Out = &out
	if err := s.Print(table); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func example() *screen.Table {
	t := screen.NewTable("RECEIVED", "KEY", "WHY").Whole("RECEIVED")
	t.Add(screen.Texts("2026-11-21 12:00:00Z", key, prose)...)
	t.Add(screen.Texts("2026-11-21 12:00:01Z", "日本語.mp4", "")...)
	return t
}

func TestPipeGetsWholeTexts(t *testing.T) {
	t.Parallel()
	want := "RECEIVED              KEY                                                           WHY\n" +
		"2026-11-21 12:00:00Z  " + key + "  " + prose + "\n" +
		"2026-11-21 12:00:01Z  日本語.mp4\n"
	if got := printed(t, screen.Screen{}, example()); got != want {
		t.Errorf("printed\n%s, want\n%s", got, want)
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	want := "RECEIVED              KEY                           WHY\n" +
		"2026-11-21 12:00:00Z  HRT-1212/v2/e…-more/9x16.mp4  the platform already has th…\n" +
		"2026-11-21 12:00:01Z  日本語.mp4\n"
	if got := printed(t, screen.Screen{Width: 80}, example()); got != want {
		t.Errorf("printed\n%s, want\n%s", got, want)
	}
	if got := printed(t, screen.Screen{Width: 200}, example()); !strings.Contains(got, key+"  "+prose) {
		t.Errorf("a wide terminal clipped:\n%s", got)
	}
	if got := printed(t, screen.Screen{Width: 10}, example()); !strings.Contains(got, "2026-11-21 12:00:00Z  HRT….mp4  the pla…\n") {
		t.Errorf("a narrow terminal clipped more than is readable:\n%s", got)
	}
}

func TestColoursAreForScreensThatTakeThem(t *testing.T) {
	t.Parallel()
	table := screen.NewTable("STATE")
	table.Add(screen.Cell{Text: "ok", Paint: screen.Good})
	if got := printed(t, screen.Screen{Colours: true}, table); got != "\x1b[1mSTATE\x1b[22m\n\x1b[32mok\x1b[0m\n" {
		t.Errorf("with colours: %q", got)
	}
	if got := printed(t, screen.Screen{}, table); got != "STATE\nok\n" {
		t.Errorf("without colours: %q", got)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if s := screen.New(file); s.Width != 0 || s.Colours {
		t.Errorf("a file is no terminal: %+v", s)
	}
}

// The text of a cell cannot control the terminal, reorder or hide other text, or begin a new row.
func TestACellShowsItsTextAsItself(t *testing.T) {
	t.Parallel()
	table := screen.NewTable("KEY", "WHY")
	table.Add(screen.Texts("a\x1b[31m\n\t\u202e\u2066\u200b\u009b\ufeffb", "c")...)
	if got := printed(t, screen.Screen{}, table); got != "KEY             WHY\na�[31m�������b  c\n" {
		t.Errorf("printed %q", got)
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"short": "short", "a/long/key": "a/l…/key", "some long words": "some lo…", "日本語日本語": "日…本語", "": "",
	} {
		if got := screen.Clip(text, 8); got != want {
			t.Errorf("%q is clipped to %q, want %q", text, got, want)
		}
	}
}

func TestJSONIsOneLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (screen.Screen{Out: &out}).JSON(map[string]string{"a": "<\n>"}); err != nil || out.String() != `{"a":"<\n>"}`+"\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1 file": screen.Plural(1, "file"), "0 files": screen.Plural(0, "file"), "2 libraries": screen.Plural(int64(2), "library"),
		"3 keys": screen.Plural(3, "key"), "2 addresses": screen.Plural(2, "address"), "2 batches": screen.Plural(2, "batch"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTimesAreInUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 13, 0, 59, 0, time.FixedZone("CET", 3600))
	if got := screen.Time(at) + ", " + screen.Minute(at) + screen.Time(time.Time{}); got != "2026-11-21 12:00:59Z, 2026-11-21 12:00Z" {
		t.Error(got)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("closed pipe") }

func TestFailedWriteIsReturned(t *testing.T) {
	t.Parallel()
	if err := (screen.Screen{Out: broken{}}).Print(example()); err == nil {
		t.Error("no error")
	}
}

func TestJSONNamesUnitsAndIsInUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 13, 0, 0, 5, time.FixedZone("CET", 3600))
	for want, v := range map[string]any{
		`{"at":"2026-11-21T12:00:00.000000005Z","size":7,"size_bytes":7,"of":[{"duration":1500000000,"duration_seconds":1.5},null,true]}`: struct {
			At   time.Time `json:"at"`
			Size int64     `json:"size"`
			Of   []any     `json:"of"`
		}{at, 7, []any{map[string]time.Duration{"duration": 1500 * time.Millisecond}, nil, true}},
		`{"key":"2026-11-21T13:00:00+01:00","at":"2026-11-21T12:00:00Z","code":{"at":"2026-11-21T12:00:00Z"}}`: json.RawMessage(
			`{"key":"2026-11-21T13:00:00+01:00","at":"2026-11-21T13:00:00+01:00","code":{"at":"2026-11-21T13:00:00+01:00"}}`),
		`{"s":"\u001b[31m\u0000\u009b\u202e\ud83d\udfff é🍏�"}`: map[string]string{"s": "\x1b[31m\x00\u009b\u202e\U0001f7ff é🍏\xff"},
		`{"size":"large"}`:                 map[string]string{"size": "large"},
		`{"n":9007199254740993,"s":"<é>"}`: map[string]any{"n": int64(9007199254740993), "s": "<é>"},
		`[]`:                               []int{},
	} {
		var out bytes.Buffer
		if err := (screen.Screen{Out: &out}).JSON(v); err != nil || out.String() != want+"\n" {
			t.Errorf("%s, %v; want %s", &out, err, want)
		}
	}
}
