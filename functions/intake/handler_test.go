package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/names"
)

const accepted = `{"outcome":"accepted"}`

// filled returns the sample announcement of this name, and its body with values in place of the
// placeholders.
func filled(t *testing.T, name string) (a events.Announcement, body []byte) {
	t.Helper()
	address, err := capability.Parse("https://cdn.example/1.mp4?token=s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	if a, err = events.Announced(name); err != nil {
		t.Fatal(err)
	}
	body, err = events.Fill(a.Body, events.Values{FileURL: address, ID: "7", Now: time.Now(), Bucket: "b", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Sender == senders.Posternity {
		m := hmac.New(sha256.New, []byte(signing))
		m.Write(body)
		a.Header["x-signature"] = "sha256=" + hex.EncodeToString(m.Sum(nil))
	}
	return a, body
}

// Each sample announcement must be stored unchanged, and a message about it must be sent to the
// queue.
func TestEverySampleIsStoredUnchanged(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	for _, name := range events.AnnouncementNames() {
		a, body := filled(t, name)
		status, said := s.post(t, "/"+a.Sender+"/"+token+"?code=HRT-1212&variation=2&locale=pt_BR&aspect=9%3A16", a.Header, body)
		if status != http.StatusOK || said != accepted {
			t.Fatalf("%s: %d %s", name, status, said)
		}
		m := s.message(t)
		r, err := s.records.Get(t.Context(), m.Key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c := r.Coordinates; !c.Given || c.Creative.String() != "HRT-1212-2" || c.Locale != "pt-br" || c.Aspect != "9x16" {
			t.Errorf("%s: %+v", name, c)
		}
		if r.Sender != a.Sender || !bytes.Equal(r.Body, body) || r.Header["content-type"] != "application/json" || r.Header["x-signature"] != "" {
			t.Errorf("%s: kept as %+v", name, r)
		}
		if !slices.Contains(s.listed(t, a.Sender, ""), m.Key) || len(s.listed(t, a.Sender, m.Key)) != 0 {
			t.Errorf("%s: not the last of the list", name)
		}
	}
}

// A body that is too large to be parsed must be stored unchanged, and a message about it must be
// sent to the queue.
func TestALargeBodyIsStoredUnchanged(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	body := []byte(`{"event":"build.approved","pad":"` + strings.Repeat("x", 5<<20) + `"}`)
	header := map[string]string{"content-type": "application/json"}
	if status, said := s.post(t, "/streampixel/"+token, header, body); status != http.StatusOK || said != accepted {
		t.Fatalf("%d %s", status, said)
	}
	r, err := s.records.Get(t.Context(), s.message(t).Key)
	if err != nil || !bytes.Equal(r.Body, body) {
		t.Fatalf("%d bytes of %d kept, %v", len(r.Body), len(body), err)
	}
	e, err := senders.Read(r.Delivery(), senders.PosternityConfig{})
	if err != nil || !slices.Equal(e.Unknown, []string{senders.UnknownLarge}) {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestUnauthenticWebhooksAreRefused(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	_, body := filled(t, "streampixel-approved")
	large := bytes.Repeat([]byte(" "), 2<<20)
	for _, test := range []struct {
		path   string
		body   []byte
		status int
		said   string
	}{
		{"/streampixel/" + strings.ToUpper(token), body, 401, `{"outcome":"unauthentic"}`},
		{"/acme/" + token, body, 401, `{"outcome":"unauthentic"}`},
		{"/", body, 401, `{"outcome":"unauthentic"}`},
		{"/hoox/" + token, body, 401, `{"outcome":"unauthentic"}`},       // refused, because Hoox's headers are missing
		{"/posternity/" + token, body, 401, `{"outcome":"unauthentic"}`}, // refused, because the signature is missing
		{"/streampixel/" + strings.ToUpper(token), large, 401, `{"outcome":"unauthentic"}`},
	} {
		if status, said := s.post(t, test.path, nil, test.body); status != test.status || said != test.said {
			t.Errorf("%s: %d %s", strings.ReplaceAll(test.path, token, "…"), status, said)
		}
	}
	a, err := http.Get(s.url + "/streampixel/" + token)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a look: %d", a.StatusCode)
	}
	for _, sender := range senders.Names() {
		if keys := s.listed(t, sender, ""); len(keys) > 0 {
			t.Errorf("kept: %v", keys)
		}
	}
}

// nowhere is an address that refuses connections.
const nowhere = "http://127.0.0.1:1"

func TestS3IsDown(t *testing.T) {
	t.Parallel()
	s := newFixture(t, map[string]string{names.EndpointS3: nowhere})
	_, body := filled(t, "streampixel-approved")
	if status, said := s.post(t, "/streampixel/"+token, nil, body); status != 200 || said != accepted {
		t.Fatalf("%d %s", status, said)
	}
	m := s.message(t)
	if m.Record == nil || !bytes.Equal(m.Record.Body, body) || m.Record.Sender != senders.Streampixel {
		t.Errorf("%+v", m)
	}
}

func TestSQSIsDown(t *testing.T) {
	t.Parallel()
	s := newFixture(t, map[string]string{names.EndpointSQS: nowhere})
	_, body := filled(t, "streampixel-approved")
	if status, said := s.post(t, "/streampixel/"+token, nil, body); status != 200 || said != accepted {
		t.Fatalf("%d %s", status, said)
	}
	keys := s.listed(t, senders.Streampixel, "")
	if len(keys) != 1 {
		t.Fatalf("%d records", len(keys))
	}
	if r, err := s.records.Get(t.Context(), keys[0]); err != nil || !bytes.Equal(r.Body, body) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.records.Get(t.Context(), keys[0]+"x"); !errors.Is(err, intake.ErrAbsent) {
		t.Errorf("a record that is not there: %v", err)
	}
}

func TestBothAreDown(t *testing.T) {
	t.Parallel()
	s := newFixture(t, map[string]string{names.EndpointS3: nowhere, names.EndpointSQS: nowhere})
	began := time.Now()
	status, said := s.post(t, "/streampixel/"+token, nil, []byte("{}"))
	if status != 503 || said != `{"outcome":"unavailable"}` || time.Since(began) > 10*time.Second {
		t.Errorf("%d %s after %v", status, said, time.Since(began))
	}
}

// An added token must be accepted at once. A removed token must be refused after the next reload.
func TestTokensRotate(t *testing.T) {
	t.Parallel()
	const next = "n3xt-0123456789abcdefghijk"
	s := newFixture(t, map[string]string{names.IntakeSecretMaxAge: "0s"})
	send := func(token string, want int) {
		t.Helper()
		if status, said := s.post(t, "/streampixel/"+token, nil, []byte("{}")); status != want {
			t.Errorf("%d %s, want %d", status, said, want)
		}
	}
	set := func(tokens string) {
		t.Helper()
		if err := os.WriteFile(s.secretFile, []byte(`{"streampixel":{"tokens":[`+tokens+`]}}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	send(token, 200)
	send(next, 401)
	set(`"` + token + `","` + next + `"`)
	send(next, 200)
	send(token, 200)
	set(`"` + next + `"`)
	send(token, 401)
	send(next, 200)
}

// senderTimeout is the shortest time for which any sender waits for an answer. These tests do not measure
// how fast the answers are; infra/local/proof/load does.
const senderTimeout = 10 * time.Second

// A hundred concurrent webhooks must be answered even if the function collect does not run.
func TestAHundredWebhooksAtOnceAreAnswered(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	_, body := filled(t, "streampixel-downloading")
	var mu sync.Mutex
	var took []time.Duration
	wave := func() {
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				began := time.Now()
				if status, said := s.post(t, "/streampixel/"+token, nil, body); status != 200 || said != accepted {
					t.Errorf("%d %s", status, said)
				}
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(began))
			})
		}
		group.Wait()
		slices.Sort(took)
	}
	began := time.Now()
	if status, said := s.post(t, "/streampixel/"+token, nil, body); status != 200 || said != accepted {
		t.Errorf("%d %s", status, said)
	}
	t.Logf("the first, from the start of its process: %v", time.Since(began))
	wave()
	t.Logf("cold: median %v, 99 of 100 within %v", took[50], took[98])
	took = nil
	wave()
	t.Logf("warm: median %v, 99 of 100 within %v", took[50], took[98])
	if took[99] >= senderTimeout {
		t.Errorf("the last answer came after %v, when its sender had gone", took[99])
	}
	if n := s.kept(t, senders.Streampixel); n != 201 {
		t.Errorf("%d of 201 are kept", n)
	}
}
