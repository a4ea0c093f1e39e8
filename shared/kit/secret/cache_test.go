package secret_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/secret"
)

// word is a Value that consists of one word.
type word string

func (w word) Empty() bool { return w == "" }

var errGarbled = errors.New("garbled")

func parse(data []byte) (word, error) {
	if string(data) == "?" {
		return "", errGarbled
	}
	return word(data), nil
}

// source is a Source that answers after a delay with the value or error that the test sets.
type source struct {
	value string
	err   error
	takes time.Duration
	loads int
}

func (s *source) Load(ctx context.Context) ([]byte, error) {
	s.loads++
	select {
	case <-time.After(s.takes):
		return []byte(s.value), s.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func newCache(s *source) *secret.Cache[word] {
	return secret.NewCache(s, parse, secret.Config{
		MaxAge: time.Minute, Recheck: 30 * time.Second, Reload: 500 * time.Millisecond, Now: time.Now,
	})
}

func sleep(d time.Duration) { <-time.After(d) } // sleep waits on the clock of the synctest bubble

// While an older value is available, a slow source must delay a request by at most 500 ms, and must
// delay only one request in half a minute.
func TestReloadIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{value: "one", takes: 4 * time.Second}
		c := newCache(s)
		took := func(want time.Duration) {
			t.Helper()
			began := time.Now()
			r, err := c.Read(t.Context())
			if err != nil || r.Value != "one" || time.Since(began) != want {
				t.Errorf("%q, %v after %v, want %v", r.Value, err, time.Since(began), want)
			}
		}
		took(4 * time.Second) // the first load may take up to 5 s, because there is no older value
		sleep(time.Minute)
		took(500 * time.Millisecond)
		for range 29 {
			sleep(time.Second)
			took(0)
		}
		sleep(time.Second)
		took(500 * time.Millisecond)
		if s.loads != 3 {
			t.Errorf("%d loads", s.loads)
		}
	})
}

func TestAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{value: "one"}
		c := newCache(s)
		first, err := c.Read(t.Context())
		if err != nil || first.Value != "one" {
			t.Fatalf("%q, %v", first.Value, err)
		}
		if _, newer := c.Again(t.Context(), first); newer || s.loads != 1 {
			t.Error("what was just loaded was loaded again")
		}
		s.value = "two"
		second, err := c.Read(t.Context())
		if err != nil || second.Value != "one" {
			t.Errorf("%q, %v before it is old", second.Value, err)
		}
		third, newer := c.Again(t.Context(), second)
		if !newer || third.Value != "two" {
			t.Errorf("%q, newer %v", third.Value, newer)
		}
		s.value = "three"
		fourth, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, newer := c.Again(t.Context(), fourth); newer {
			t.Error("loaded again within half a minute of the last time")
		}
	})
}

// A failed load, or a value that does not parse, must leave the last good value in use. If there
// is none, Read must return the load's error.
func TestTheLastGoodValueStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{value: "?"}
		c := newCache(s)
		if _, err := c.Read(t.Context()); !errors.Is(err, errGarbled) {
			t.Errorf("garbled: %v", err)
		}
		broken := errors.New("broken")
		s.value, s.err = "one", broken
		sleep(time.Second)
		if _, err := c.Read(t.Context()); !errors.Is(err, broken) {
			t.Errorf("broken: %v", err)
		}
		s.err = nil
		sleep(time.Second)
		if r, err := c.Read(t.Context()); err != nil || r.Value != "one" {
			t.Errorf("%q, %v", r.Value, err)
		}
		s.value = "?"
		sleep(time.Hour)
		if r, err := c.Read(t.Context()); err != nil || r.Value != "one" || s.loads != 4 {
			t.Errorf("%q, %v after %d loads", r.Value, err, s.loads)
		}
	})
}
