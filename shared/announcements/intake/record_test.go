package intake_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

const entropy = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

var received = time.Date(2026, 11, 21, 23, 59, 59, 987654321, time.UTC)

func record() intake.Record {
	return intake.Record{
		ID: intake.NewID(received, entropy), Sender: senders.Hoox, Received: received,
		Header: map[string]string{"user-agent": "Hoox-API/1.0"},
		Coordinates: intake.Coordinates{Given: true, Coordinates: masters.Coordinates{
			Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "pt-br", Aspect: "9x16",
		}},
		Body: []byte("{\"a\":\"\xff\"}"),
	}
}

func shapes(t testing.TB, list ...string) (all []placement.Code) {
	t.Helper()
	for _, shape := range list {
		code, err := placement.ParseCode(shape)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, code)
	}
	return all
}

func encoded(t testing.TB, r intake.Record) []byte {
	t.Helper()
	data, err := intake.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	whole, problem, bare, limited := record(), record(), record(), record()
	problem.Coordinates = intake.Coordinates{Problem: "variation: missing beside the code"}
	bare.Coordinates, bare.Header, bare.Body = intake.Coordinates{}, nil, nil
	limited.Codes = shapes(t, "HRT-####", "SUMMER")
	for _, r := range []intake.Record{whole, problem, bare, limited} {
		got, err := intake.Decode(encoded(t, r))
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%+v, %v; want %+v", got, err, r)
		}
	}
	d := whole.Delivery()
	if d.Sender != whole.Sender || !d.Received.Equal(received) || string(d.Body) != string(whole.Body) || d.Header["user-agent"] == "" {
		t.Errorf("delivery %+v", d)
	}
}

func TestKeysSortByTime(t *testing.T) {
	t.Parallel()
	r := record()
	key := "raw/hoox/2026/11/21/20261121T235959.987Z-" + entropy + ".json"
	if r.Key() != key || !strings.HasPrefix(key, intake.DayPrefix(senders.Hoox, received)) {
		t.Errorf("key %s", r.Key())
	}
	sender, id, err := intake.ParseKey(key)
	if err != nil || sender != senders.Hoox || id != r.ID {
		t.Errorf("%s %s, %v", sender, id, err)
	}
	at, err := intake.IDTime(id)
	if err != nil || !at.Equal(received.Truncate(time.Millisecond)) {
		t.Errorf("received %v, %v", at, err)
	}
	later := intake.NewID(received.Add(time.Second).In(time.FixedZone("", -7*3600)), entropy)
	if !slices.IsSorted([]string{id, later}) || later[:8] != "20261122" {
		t.Errorf("%s comes after %s", id, later)
	}
	for _, bad := range []string{
		"", "raw/", key + "x", "x" + key, strings.Replace(key, "hoox", "acme", 1), strings.Replace(key, "/21/", "/22/", 1),
		strings.Replace(key, "235959", "236059", 1), strings.Replace(key, "ABC", "abc", 1), strings.Replace(key, "hoox", "hoox/..", 1),
		strings.Replace(key, "2026/11/21", "2026/1/21", 1), strings.Replace(key, "raw", "index", 1),
	} {
		if _, _, err := intake.ParseKey(bad); !errors.Is(err, intake.ErrRecord) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	whole := string(encoded(t, record()))
	large := record()
	large.Body = make([]byte, intake.MaxBody+1)
	for name, data := range map[string]string{
		"nothing": "", "no object": "[]", "cut": whole[:40], "another format": strings.Replace(whole, `"format":1`, `"format":2`, 1),
		"no id": strings.Replace(whole, `"id"`, `"ID_"`, 1), "another time": strings.Replace(whole, ".987654321Z", ".986Z", 1),
		"another sender": strings.Replace(whole, "hoox", "acme", 1), "no base64": strings.Replace(whole, `"body":"`, `"body":"!`, 1),
		"code": strings.Replace(whole, "HRT-1212", "a/b", 1), "variation": strings.Replace(whole, `"variation":2`, `"variation":-2`, 1),
		"locale": strings.Replace(whole, "pt-br", "pt_BR", 1), "aspect": strings.Replace(whole, "9x16", "9:16", 1),
		"no aspect": strings.Replace(whole, "9x16", "wide", 1), "both": strings.Replace(whole, `"body"`, `"problem":"x","body"`, 1),
		"shape of a code": strings.Replace(whole, `"body"`, `"codes":["/"],"body"`, 1),
		"large":           string(encoded(t, large)), "too large": whole + strings.Repeat(" ", intake.MaxRecord),
	} {
		got, err := intake.Decode([]byte(data))
		if !errors.Is(err, intake.ErrRecord) || !reflect.DeepEqual(got, intake.Record{}) || strings.Contains(err.Error(), "HRT") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	r := record()
	message, err := intake.EncodeKey(r.Key())
	if err != nil || string(message) != `{"format":1,"record":"`+r.Key()+`"}` {
		t.Errorf("%s, %v", message, err)
	}
	if m, err := intake.DecodeMessage(message); err != nil || m.Key != r.Key() || m.Record != nil {
		t.Errorf("%+v, %v", m, err)
	}
	if message, err = intake.EncodeInline(encoded(t, r)); err != nil || message == nil {
		t.Fatal(err)
	}
	if m, err := intake.DecodeMessage(message); err != nil || m.Key != "" || !reflect.DeepEqual(*m.Record, r) {
		t.Errorf("%+v, %v", m, err)
	}
	at := time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.UTC)
	if message, err = intake.EncodeReplay(r.Key(), at); err != nil {
		t.Fatal(err)
	}
	if m, err := intake.DecodeMessage(message); err != nil || m.Key != r.Key() || !m.Replay.Equal(at) {
		t.Errorf("%+v, %v", m, err)
	}
	large := record()
	large.Body = make([]byte, intake.MaxMessage*3/4)
	if message, err = intake.EncodeInline(encoded(t, large)); err != nil || message != nil {
		t.Errorf("a message of %d bytes, %v", len(message), err)
	}
	for _, bad := range []string{
		``, `{}`, `{"format":1}`, `{"format":2,"record":"` + r.Key() + `"}`, `{"format":1,"record":"raw/x"}`, `{"format":1,"inline":{}}`,
		`{"format":1,"inline":null}`, `{"format":1,"record":"` + r.Key() + `","replay":"soon"}`,
		`{"format":1,"replay":"2026-11-21T10:00:00Z","inline":` + string(encoded(t, r)) + `}`, `{"format":1,"record":"` + r.Key() + `","inline":` + string(encoded(t, r)) + `}`,
	} {
		if m, err := intake.DecodeMessage([]byte(bad)); !errors.Is(err, intake.ErrMessage) && !errors.Is(err, intake.ErrRecord) {
			t.Errorf("%s: %+v, %v", bad, m, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, record()))
	f.Add([]byte(`{"format":1,"id":"20261121T235959.987Z-ABCDEFGHIJKLMNOPQRSTUVWXYZ","sender":"hoox","received":"2026-11-21T23:59:59.987Z","body":""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := intake.Decode(data)
		if err != nil {
			return
		}
		if sender, id, err := intake.ParseKey(r.Key()); err != nil || sender != r.Sender || id != r.ID {
			t.Errorf("key %q: %v", r.Key(), err)
		}
		again, err := intake.Decode(encoded(t, r))
		if err != nil {
			t.Fatal(err)
		}
		// The times are not compared, because their time zones may differ.
		again.Received, r.Received = time.Time{}, time.Time{}
		if len(r.Body) == 0 {
			again.Body, r.Body = nil, nil
		}
		if !reflect.DeepEqual(again, r) {
			t.Errorf("%+v\n%+v", again, r)
		}
	})
}

func FuzzDecodeMessage(f *testing.F) {
	f.Add([]byte(`{"format":1,"record":"` + record().Key() + `"}`))
	inline, err := intake.EncodeInline(encoded(f, record()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(inline)
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := intake.DecodeMessage(body)
		if err == nil && (m.Key == "") == (m.Record == nil) {
			t.Errorf("%+v", m)
		}
		if err == nil && !json.Valid(body) {
			t.Error("read what is no JSON")
		}
	})
}
