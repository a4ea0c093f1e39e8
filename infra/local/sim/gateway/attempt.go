package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"masterhand/shared/request/signature"
)

// maxAnswer is the maximum number of bytes of an answer that Outpost stores.
const maxAnswer = 128 << 10

// attempt sends an event once. It follows redirects like net/http: after a 301, 302 or 303 it
// sends a GET without a body.
func (s *Gateway) attempt(ctx context.Context, event Event) Result {
	ctx, cancel := context.WithTimeout(ctx, s.config.Wait)
	defer cancel()
	begun := time.Now()
	status, body, err := s.exchange(ctx, event)
	return Result{
		Delivered: err == nil && status < 400,
		Status:    status,
		Body:      body,
		Duration:  time.Since(begun),
		Err:       err,
	}
}

func (s *Gateway) exchange(ctx context.Context, event Event) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Endpoint, bytes.NewReader(event.Body))
	if err != nil {
		return 0, nil, fmt.Errorf("webhook request: %w", err)
	}
	request.Header = s.header(event)
	client := &http.Client{Transport: s.transport}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("webhook attempt: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("webhook answer: %w", err)
	}
	return response.StatusCode, body, nil
}

// header returns the headers of one attempt at the current time, except Host, Content-Length and
// Accept-Encoding. The HTTP client adds these three headers, in this package as in Outpost.
func (s *Gateway) header(event Event) http.Header {
	now := s.config.Now().UTC()
	header := http.Header{}
	header.Set("User-Agent", "Outpost/main")
	header.Set("Content-Type", "application/json")
	topic := "X-Outpost-Topic"
	if s.config.Scheme == signature.Standard {
		topic = "Webhook-Topic"
	} else {
		header.Set("X-Outpost-Event-Id", event.ID)
		header.Set("X-Outpost-Timestamp", now.Format(time.RFC3339))
	}
	if event.Topic != "" {
		header.Set(topic, event.Topic)
	}
	for name, value := range signature.Sign(s.config.Scheme, s.config.Keys, event.ID, now, event.Body) {
		header.Set(name, value)
	}
	for name, values := range event.Header {
		if len(values) == 0 {
			header.Del(name)
		} else {
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return header
}
