package snsnotice_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/collect/snsnotice"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/snsclient"
	"masterhand/shared/kit/variables"
)

const arn = "arn:aws:sns:eu-central-1:000000000000:alerts"

// topic returns a topic whose server answers with this status and text. The server saves the form
// of each request in got.
func topic(t *testing.T, status int, answer string, got *url.Values) snsnotice.Topic {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			*got, err = url.ParseQuery(string(body))
		}
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	credentials := func(string) (string, bool) { return "local", true }
	return snsnotice.Topic{Client: snsclient.New(awsclient.New("eu-central-1", variables.Endpoints{SNS: server.URL}, credentials)), ARN: arn}
}

var notice = collect.Notice{
	Code: "job_failed", Sender: "hoox", Subject: "job/1", Type: "video_export", Status: "failed", Detail: "Zu wenig Guthaben — ä",
	At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
}

func TestNotify(t *testing.T) {
	t.Parallel()
	var got url.Values
	accepted := `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`
	if err := topic(t, 200, accepted, &got).Notify(t.Context(), notice); err != nil {
		t.Fatal(err)
	}
	if got.Get("Action") != "Publish" || got.Get("TopicArn") != arn || got.Get("Subject") != "masterhand: hoox: a job failed" {
		t.Errorf("published %v", got)
	}
	for _, part := range []string{"subject  job/1", "why      " + notice.Detail, "at       2026-11-21T10:00:00Z"} {
		if !strings.Contains(got.Get("Message"), part) {
			t.Errorf("message %q lacks %q", got.Get("Message"), part)
		}
	}
	unknown := notice
	unknown.Code, unknown.Sender = "ä\n", strings.Repeat("x", 200)
	if err := topic(t, 200, accepted, &got).Notify(t.Context(), unknown); err != nil || len(got.Get("Subject")) != 99 {
		t.Errorf("subject %q, %v", got.Get("Subject"), err)
	}
}

func TestNotifyIsRefused(t *testing.T) {
	t.Parallel()
	var got url.Values
	denied := `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>s3cr3t</Message></Error></ErrorResponse>`
	err := topic(t, 403, denied, &got).Notify(t.Context(), notice)
	if err == nil || !strings.Contains(err.Error(), "AuthorizationError") || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got %v", err)
	}
}
