package destination_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/destination"
)

// Each limit accepts the largest allowed value and refuses the next larger one. The test repeats
// the limits as numbers, so that a changed limit fails it.
func TestLimitsOfAList(t *testing.T) {
	t.Parallel()
	entries := func(text string, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(text, i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	with := func(secrets, hosts string) string {
		return `[{"name":"a","secrets":` + secrets + `,"uploadHosts":` + hosts + `}]`
	}
	secrets := func(n int) string { return entries(`"0123456789abcdef%d"`, n) }
	hosts := func(n int) string { return entries(`"h%d.example"`, n) }
	padded := func(n int) string { return strings.Repeat(" ", n-2) + "[]" }
	for name, c := range map[string]struct {
		list string
		want error
	}{
		"16 secrets":        {with(secrets(16), hosts(1)), nil},
		"17 secrets":        {with(secrets(17), hosts(1)), destination.ErrTooManyEntries},
		"16 hosts":          {with(secrets(1), hosts(16)), nil},
		"17 hosts":          {with(secrets(1), hosts(17)), destination.ErrTooManyEntries},
		"the largest list":  {padded(destination.MaxSize), nil},
		"a byte more":       {padded(destination.MaxSize + 1), destination.ErrTooLarge},
		"no JSON":           {`[`, destination.ErrNoList},
		"an object":         {`{"a":1}`, destination.ErrNoList},
		"a list of numbers": {`[7]`, destination.ErrType},
		"a broken host":     {with(secrets(1), `[7]`), destination.ErrType},
	} {
		_, err := destination.Parse([]byte(c.list))
		var parse *destination.ParseError
		if !errors.Is(err, c.want) || errors.As(err, &parse) && len(parse.Problems) != 1 {
			t.Errorf("%s: %v, want %v alone", name, err, c.want)
		}
	}
}

// If a destination's scheme has the wrong type, its secrets are not checked, because their form
// depends on the scheme.
func TestSecretsAreNotCheckedWithoutAScheme(t *testing.T) {
	t.Parallel()
	_, err := destination.Parse([]byte(`[{"name":"a","scheme":7,"secrets":["short"]}]`))
	var parse *destination.ParseError
	if !errors.As(err, &parse) || len(parse.Problems) != 1 || !strings.HasPrefix(parse.Problems[0].Error(), "[0].scheme") {
		t.Errorf("problems: %v", err)
	}
}

// Two destinations without names are reported for their missing names, but not as duplicates.
func TestMissingNamesAreNoDuplicates(t *testing.T) {
	t.Parallel()
	_, err := destination.Parse([]byte(`[{"secrets":["0123456789abcdefa"]},{"secrets":["0123456789abcdefb"]}]`))
	if !errors.Is(err, destination.ErrName) || errors.Is(err, destination.ErrDuplicate) {
		t.Errorf("problems: %v", err)
	}
}

func TestNamesThatNoDestinationMayHave(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"a": nil, strings.Repeat("a", 64): nil, "a b": nil,
		"": destination.ErrName, strings.Repeat("a", 65): destination.ErrName, " a": destination.ErrName, "a ": destination.ErrName, "ü": destination.ErrName,
	} {
		if err := destination.CheckName(name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

// counting is a source that counts its reads.
type counting struct{ reads int }

func (c *counting) Load(context.Context) ([]byte, error) { c.reads++; return []byte(full), nil }

// A request without a signature causes no load of the list, because no list could authenticate it.
func TestAnUnsignedRequestLoadsNoList(t *testing.T) {
	t.Parallel()
	source, now := &counting{}, time.Now()
	k := destination.NewKeyring(source, destination.Config{MaxAge: time.Hour, Recheck: time.Second, Now: func() time.Time { return now }})
	for range 3 {
		now = now.Add(time.Minute)
		if _, err := k.Verify(t.Context(), func(string) string { return "" }, nil); !errors.Is(err, destination.ErrUnauthentic) {
			t.Errorf("unsigned: %v", err)
		}
	}
	if source.reads != 1 {
		t.Errorf("the list was loaded %d times", source.reads)
	}
}
