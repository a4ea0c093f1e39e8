// Package sender simulates the platforms that make creatives: the headers of their webhooks, how
// long each platform waits for an answer, and when it gives up. It does not know the bodies;
// package events has samples of them.
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
	Wait   time.Duration   // how long it waits for one answer
	Pauses []time.Duration // pauses before each repetition; an empty list sends an event once
	Header http.Header     // headers in addition to the content type
	// Sign returns the headers that depend on the body; nil if the sender does not sign.
	Sign func(body []byte) http.Header
	// Scale is a factor for Pauses; 0 means 1.
	Scale float64
}

// Hoox waits 10 s and repeats three times, after 1, 2 and 4 s. (Seen in its source.)
func Hoox() Sender {
	return Sender{
		Name: "hoox", Wait: 10 * time.Second,
		Pauses: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second},
		Header: http.Header{"User-Agent": {"Hoox-API/1.0"}, "X-Hoox-Webhook": {"true"}},
	}
}

// Streampixel waits 10 s and never repeats. (Its documentation.)
func Streampixel() Sender { return Sender{Name: "streampixel", Wait: 10 * time.Second} }

// AdReform repeats 14 times, each pause twice the previous one. Its wait (10 s) and its first
// pause (1 s) are guesses, because they are not documented.
func AdReform() Sender {
	pauses := make([]time.Duration, 14)
	for i := range pauses {
		pauses[i] = time.Second << i
	}
	return Sender{Name: "adreform", Wait: 10 * time.Second, Pauses: pauses}
}

// Posternity waits 30 s and repeats after 1, 5, 15 and 60 minutes, as its documentation says. Its
// way of signing is not documented: sign must match the configuration of the verifier.
func Posternity(sign func(body []byte) http.Header) Sender {
	return Sender{
		Name: "posternity", Wait: 30 * time.Second, Sign: sign,
		Pauses: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour},
	}
}

// Result is the result of an announcement.
type Result struct {
	Delivered bool          // the last answer was a 2xx
	Status    int           // status of the last answer; 0 if there was none
	Attempts  int           // number of attempts
	Longest   time.Duration // duration of the longest attempt
	Err       error         // why the last attempt got no answer; names no URL
}

// Announce posts an event until it is accepted, the sender gives up or ctx ends.
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
		return 0, fmt.Errorf("%s: the URL is not usable", m.Name)
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
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	return response.StatusCode, nil
}

// pause waits and reports whether the pause ended before ctx.
func (m Sender) pause(ctx context.Context, d time.Duration) bool {
	if m.Scale > 0 {
		d = time.Duration(float64(d) * m.Scale)
	}
	return backoff.Sleep(ctx, d)
}
