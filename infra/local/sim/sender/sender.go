// Package sender simulates the platforms that make creatives: the headers of their webhooks, how
// long each platform waits for an answer, and when it gives up. This package does not know the
// bodies of webhooks; package events has samples of them.
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
	Wait   time.Duration   // how long the sender waits for one answer
	Pauses []time.Duration // pause before each retry; if the list is empty, an event is sent once
	Header http.Header     // headers in addition to the content type
	// Sign returns the headers that authenticate a body; nil if the sender does not sign.
	Sign func(body []byte) http.Header
	// Scale is a factor for Pauses; 0 means 1.
	Scale float64
}

// Hoox returns the sender Hoox. It waits 10 s for an answer and retries three times, after 1, 2
// and 4 s. Source: Hoox's program code.
func Hoox() Sender {
	return Sender{
		Name: "hoox", Wait: 10 * time.Second,
		Pauses: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second},
		Header: http.Header{"User-Agent": {"Hoox-API/1.0"}, "X-Hoox-Webhook": {"true"}},
	}
}

// Streampixel returns the sender Streampixel. It waits 10 s for an answer and never retries.
// Source: its documentation.
func Streampixel() Sender { return Sender{Name: "streampixel", Wait: 10 * time.Second} }

// AdReform returns the sender Ad Reform. It retries 14 times, and each pause is twice the previous
// one. The wait of 10 s for an answer and the first pause of 1 s are guesses, because Ad Reform
// does not document them.
func AdReform() Sender {
	pauses := make([]time.Duration, 14)
	for i := range pauses {
		pauses[i] = time.Second << i
	}
	return Sender{Name: "adreform", Wait: 10 * time.Second, Pauses: pauses}
}

// Posternity returns the sender Posternity. It waits 30 s for an answer and retries after 1, 5, 15
// and 60 minutes. Source: its documentation, which does not say how it signs. The function sign
// must return headers with the signature that the configuration of the function intake requires.
func Posternity(sign func(body []byte) http.Header) Sender {
	return Sender{
		Name: "posternity", Wait: 30 * time.Second, Sign: sign,
		Pauses: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour},
	}
}

// Result says whether a sender delivered an announcement, and how its attempts went.
type Result struct {
	Delivered bool          // whether the last answer had a status of 200 to 299
	Status    int           // status of the last answer; 0 if there was no answer
	Attempts  int           // number of attempts
	Longest   time.Duration // duration of the longest attempt
	Err       error         // why the last attempt got no answer, without the URL; nil if it got one
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
	// Reads the rest of the answer, so that the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	return response.StatusCode, nil
}

// pause waits for the duration d. It returns false if ctx ends first.
func (m Sender) pause(ctx context.Context, d time.Duration) bool {
	if m.Scale > 0 {
		d = time.Duration(float64(d) * m.Scale)
	}
	return backoff.Sleep(ctx, d)
}
