package intake_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/inbound"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/secret"
)

// Every sample announcement must be stored unchanged and sent to the queue, whatever its content.
func TestEverySampleIsKept(t *testing.T) {
	t.Parallel()
	address, err := capability.Parse("https://cdn.example/1.mp4?token=s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	values := events.Values{FileURL: address, ID: "7", Now: time.Now(), Bucket: "b", Key: "k"}
	for _, name := range events.AnnouncementNames() {
		a, err := events.Announced(name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := events.Fill(a.Body, values)
		if err != nil {
			t.Fatal(err)
		}
		d := newFixture()
		r := inbound.Request{Method: "POST", Path: "/" + a.Sender + "/" + newToken, Header: a.Header, Body: body}
		if a.Sender == senders.Posternity {
			r.Header["x-signature"] = signature(body)
		}
		d.want(t, r, 200, "accepted")
		got := d.record(t)
		if got.Sender != a.Sender || !bytes.Equal(got.Body, body) || got.Header["content-type"] != "application/json" ||
			got.Header["x-signature"] != "" || got.Coordinates != (intake.Coordinates{}) || len(d.messages) != 1 || len(d.stored) != 1 {
			t.Errorf("%s: kept %+v in %d messages and %d records", name, got, len(d.messages), len(d.stored))
		}
		unknown := d.metrics(t)[names.MetricIntakeUnknown+"{Sender="+a.Sender+"}"]
		if (unknown == 1) != strings.Contains(name, "unknown") {
			t.Errorf("%s: %v unknown", name, unknown)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*inbound.Request)
		status  int
		outcome string
		metric  string
	}{
		"as it is":         {func(*inbound.Request) {}, 200, "accepted", "IntakeTokenMatches{Sender=streampixel,Secret=" + hint + "}"},
		"no JSON":          {func(r *inbound.Request) { r.Body = []byte("x=y") }, 200, "accepted", "IntakeUnknown{Sender=streampixel}"},
		"no body":          {func(r *inbound.Request) { r.Body = nil }, 200, "accepted", "IntakeUnknown{}"},
		"1 MiB":            {func(r *inbound.Request) { r.Body = make([]byte, senders.MaxBody) }, 200, "accepted", ""},
		"over 1 MiB":       {func(r *inbound.Request) { r.Body = make([]byte, senders.MaxBody+1) }, 200, "accepted", "IntakeUnknown{Sender=streampixel}"},
		"6 MiB":            {func(r *inbound.Request) { r.Body = make([]byte, intake.MaxBody) }, 200, "accepted", "IntakeUnknown{}"},
		"over 6 MiB":       {func(r *inbound.Request) { r.Body = make([]byte, intake.MaxBody+1) }, 413, "too_large", "IntakeRequests{Sender=unknown,Outcome=too_large}"},
		"large, a stray's": {func(r *inbound.Request) { r.Body, r.Path = make([]byte, intake.MaxBody), "/streampixel/"+oldToken }, 401, "unauthentic", "IntakeRefusals{Sender=streampixel}"},
		"a look":           {func(r *inbound.Request) { r.Method = "GET" }, 405, "method_not_allowed", ""},
		"a put":            {func(r *inbound.Request) { r.Method = "PUT" }, 405, "method_not_allowed", ""},
		"wrong token":      {func(r *inbound.Request) { r.Path = "/streampixel/" + oldToken }, 401, "unauthentic", "IntakeRefusals{Sender=streampixel}"},
		"no token":         {func(r *inbound.Request) { r.Path = "/streampixel" }, 401, "unauthentic", "IntakeRefusals{Sender=unknown}"},
		"unknown sender":   {func(r *inbound.Request) { r.Path = "/acme/" + newToken }, 401, "unauthentic", "IntakeRefusals{}"},
		"no path":          {func(r *inbound.Request) { r.Path = "" }, 401, "unauthentic", ""},
		"hoox by a stray":  {func(r *inbound.Request) { r.Path = "/hoox/" + newToken }, 401, "unauthentic", "IntakeRefusals{Sender=hoox}"},
		"unsigned":         {func(r *inbound.Request) { r.Path = "/posternity/" + newToken }, 401, "unauthentic", "IntakeRefusals{Sender=posternity}"},
		"odd coordinates":  {func(r *inbound.Request) { r.Query = "code=HRT-1212" }, 200, "accepted", "IntakeCoordinates{Sender=streampixel}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			r := post(`{"event":"build.approved","uploadId":"u","status":"Approved"}`)
			test.change(&r)
			d.want(t, r, test.status, test.outcome)
			if test.status != 200 && len(d.stored)+len(d.messages) > 0 {
				t.Error("it was kept")
			}
			if test.status == 200 && !bytes.Equal(d.record(t).Body, r.Body) {
				t.Error("it is not what was kept")
			}
			found := d.metrics(t)
			if test.metric != "" && found[test.metric] != 1 {
				t.Errorf("no %s in %v", test.metric, found)
			}
			if (found["IntakeRefusals{}"] == 1) != (test.status == 401) {
				t.Errorf("%v refusals", found["IntakeRefusals{}"])
			}
		})
	}
}

// The webhook's URL states the coordinates of the files (code, variation, locale). An event must be
// stored with its coordinates, even if they cannot be used.
func TestCoordinatesAreKept(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.want(t, post("{}"), 200, "accepted")
	if c := d.record(t).Coordinates; !c.Given || c.Creative.String() != "HRT-1212-2" {
		t.Errorf("%+v", c)
	}
	d = newFixture()
	r := post("{}")
	r.Query = "code=HRT-1212&variation=two"
	d.want(t, r, 200, "accepted")
	if c := d.record(t).Coordinates; c.Given || !strings.HasPrefix(c.Problem, "variation") || !strings.Contains(d.log.String(), c.Problem) {
		t.Errorf("%+v", c)
	}
}

// If an event's code is not one that its token may announce, the event must be stored without
// coordinates, and with the reason.
func TestATokenOpensOnlyItsCodes(t *testing.T) {
	t.Parallel()
	for entry, codes := range map[string]map[string]bool{
		`{"token":"` + newToken + `","codes":["HRT-####","SUMMER"]}`: {"HRT-1212": true, "hrt-1212": true, "summer": true, "HRT-121": false, "HRT-12123": false, "XHRT-1212": false, "SUMMER-1": false},
		`{"token":"` + newToken + `","anyCode":true}`:                {"HRT-1212": true, "other": true},
		// This entry has the format of an older version, so its token may announce every code.
		`"` + newToken + `"`: {"HRT-1212": true, "other": true},
	} {
		for code, opens := range codes {
			d := newFixture()
			list := `{"streampixel":{"tokens":["` + oldToken + `",` + entry + `]}}`
			d.Keyring = intake.NewKeyring(&source{value: list}, secret.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now})
			r := post("{}")
			r.Query = "code=" + code + "&variation=2"
			d.want(t, r, 200, "accepted")
			c := d.record(t).Coordinates
			foreign := c == intake.Coordinates{Problem: intake.ProblemForeignCode}
			if c.Given != opens || foreign == opens || (d.metrics(t)[names.MetricIntakeCoordinates+"{Sender=streampixel}"] == 1) == opens {
				t.Errorf("%s, %s: %+v", entry, code, c)
			}
		}
	}
}

func TestNoTokensAtAll(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.Keyring = intake.NewKeyring(&source{err: errors.New("down")}, secret.Config{Now: time.Now, OnError: func(ctx context.Context, err error) { intake.ReportLoadFailure(ctx, d.reporter, err) }})
	d.want(t, post("{}"), 503, "unavailable")
	if found := d.metrics(t); found["IntakeLoadFailures{}"] != 1 || found["IntakeRequests{Sender=streampixel,Outcome=unavailable}"] != 1 || found["IntakeRefusals{}"] != 0 {
		t.Errorf("%v", found)
	}
}

// Reading a stored record must return the same event as reading the webhook.
func TestARecordIsTheSameEvent(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.want(t, post(`{"event":"webhook.test","status":"test"}`), 200, "accepted")
	r := d.record(t)
	first, err := senders.Read(r.Delivery(), senders.PosternityConfig{})
	if err != nil || !first.Test {
		t.Fatalf("%+v, %v", first, err)
	}
	data, err := intake.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := intake.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	second, err := senders.Read(again.Delivery(), senders.PosternityConfig{})
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("%+v\n%+v, %v", first, second, err)
	}
}
