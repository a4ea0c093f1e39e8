// Package sender simulates the platforms that make creatives: what their webhooks look
// like around the body, how long each waits for an answer, and when it gives up. It does
// not know what the bodies say; the sample announcements do.
//
//	result := sender.Hoox().Announce(ctx, url, body)
//	fmt.Println(result.Delivered, result.Attempts)
package sender

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"masterhand/shared/kit/backoff"
)

// Sender announces files by webhook.
type Sender struct {
	Name   string
	Wait   time.Duration   // for one answer
	Pauses []time.Duration // before each repetition; none: an event is sent once
	Header http.Header     // beside the content type
	// Sign makes the headers that depend on the body; nil where the sender signs nothing.
	Sign func(body []byte) http.Header
	// Scale multiplies Pauses; 0 is 1.
	Scale float64
}

// Hoox: 10 s, and three repetitions after 1, 2 and 4 s, then dropped. (Seen in its source.)
func Hoox() Sender {
	return Sender{
		Name: "hoox", Wait: 10 * time.Second,
		Pauses: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second},
		Header: http.Header{"User-Agent": {"Hoox-API/1.0"}, "X-Hoox-Webhook": {"true"}},
	}
}

// Streampixel: 10 s, and never again. (Its documentation.)
func Streampixel() Sender { return Sender{Name: "streampixel", Wait: 10 * time.Second} }

// AdReform: 14 repetitions, each pause twice the one before. How long it waits and where
// the pauses begin is not documented: 10 s and 1 s are guesses.
func AdReform() Sender {
	pauses := make([]time.Duration, 14)
	for i := range pauses {
		pauses[i] = time.Second << i
	}
	return Sender{Name: "adreform", Wait: 10 * time.Second, Pauses: pauses}
}

// Posternity: 30 s, and repetitions after 1, 5, 15 and 60 minutes, as its documentation
// says. How it signs it does not say: sign is what the verifier is configured for.
func Posternity(sign func(body []byte) http.Header) Sender {
	return Sender{
		Name: "posternity", Wait: 30 * time.Second, Sign: sign,
		Pauses: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour},
	}
}

// Result is how an announcement ended.
type Result struct {
	Delivered bool          // the last answer was a 2xx
	Status    int           // of the last answer; 0 if there was none
	Attempts  int           // begun
	Longest   time.Duration // that an attempt took
	Err       error         // why the last attempt got no answer; it names no URL
}

// Announce posts an event until it is taken, the sender gives up or ctx ends.
func (m Sender) Announce(ctx context.Context, url string, body []byte) Result {
	var result Result
	for {
		result.Attempts++
		began := time.Now()
		result.Status, result.Err = m.post(ctx, url, body)
		result.Longest = max(result.Longest, time.Since(began))
		result.Delivered = result.Status/100 == 2
		if result.Delivered || result.Attempts > len(m.Pauses) || !m.pause(ctx, m.Pauses[result.Attempts-1]) {
			return result
		}
	}
}

func (m Sender) post(ctx context.Context, url string, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Wait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("%s: unusable URL", m.Name)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, values := range m.Header {
		request.Header[name] = values
	}
	if m.Sign != nil {
		for name, values := range m.Sign(body) {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("%s: no answer in %v", m.Name, m.Wait)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is used again
	return response.StatusCode, nil
}

// pause waits, and reports whether ctx let it.
func (m Sender) pause(ctx context.Context, d time.Duration) bool {
	if m.Scale > 0 {
		d = time.Duration(float64(d) * m.Scale)
	}
	return backoff.Sleep(ctx, d)
}
