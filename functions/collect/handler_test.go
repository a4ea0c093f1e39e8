package main

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/infra/local/sim/lambda"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

var coordinates = intake.Coordinates{Given: true, Coordinates: masters.Coordinates{
	Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Aspect: "9x16",
}}

// film is a file that begins like a video. It is so large that it is uploaded in three parts.
var film = append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomiso2"), make([]byte, 33<<20)...)

func exported(job, address string) string {
	return `{"task":"video_export","job_id":"` + job + `","status":"completed","result":{"video_url":"` + address + `"}}`
}

// An announced export must become a master even if the server with the file is down at first and then
// cuts transfers.
func TestFromAnnouncementToMaster(t *testing.T) {
	t.Parallel()
	s, job := newFixture(t, nil), "run_"+rand.Text()
	var times atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if times.Add(1) == 1 {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", "34603032")
			_, _ = w.Write(film[:20<<20])
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(film))
	}))
	t.Cleanup(server.Close)
	key := s.keep(t, senders.Hoox, coordinates, time.Now(), exported(job, server.URL+"/"+secret+"?sig="+secret))
	s.send(t, key)
	line := s.until(t, senders.Hoox, "job/"+job, func(line timeline.Timeline) bool { return line.Files[0].Ended() })
	f := line.Files[0]
	if f.State != timeline.Stored || f.Size != int64(len(film)) || times.Load() != 2 {
		t.Fatalf("noted as %+v after %d requests", f, times.Load())
	}
	o, err := s.masters.Look(t.Context(), f.Key)
	if err != nil {
		t.Fatal(err)
	}
	p := masters.Place(masters.Library{Name: "default"}, o.Key, o.Size, o.Labels)
	if o.Size != f.Size || (masters.Coordinates{Creative: p.Creative, Locale: p.Locale, Aspect: p.Aspect}) != coordinates.Coordinates || p.Rule != masters.RuleLabels {
		t.Errorf("%+v, placed at %+v", o, p)
	}
	s.send(t, key) // sends a second message about the same record; the function must not collect the record again
	s.send(t, s.keep(t, senders.Hoox, coordinates, time.Now(), `{"job_id":"`+job+`","task":"video_export","status":"failed"}`))
	line = s.until(t, senders.Hoox, "job/"+job, func(line timeline.Timeline) bool { return len(line.Entries) == 2 })
	if line.State.Status != "completed" || line.Entries[0].Count != 1 || times.Load() != 2 {
		t.Errorf("after a copy and a late failure: %+v, %d requests", line, times.Load())
	}
	for _, metric := range []string{names.MetricCollectedFiles, names.MetricCollectedBytes, names.MetricCollectAlerts} {
		s.waitFor(t, metric)
	}
}

// After a temporary fault the message must stay in the queue. After a final fault the timeline must list
// the file as failed, with the reason, and the file must not be stored.
func TestTemporaryFaultsWaitAndFinalFaultsEnd(t *testing.T) {
	t.Parallel()
	s, job := newFixture(t, map[string]string{names.CollectMaxBytes: "1000"}), rand.Text()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/down") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(film)
	}))
	t.Cleanup(server.Close)
	for path, code := range map[string]string{"/large/": "too_large", "/down/": "server"} {
		s.send(t, s.keep(t, senders.Hoox, coordinates, time.Now(), exported(path[1:5]+job, server.URL+path+secret)))
		line := s.until(t, senders.Hoox, "job/"+path[1:5]+job, func(line timeline.Timeline) bool { return line.Files[0].Code != "" })
		if f := line.Files[0]; f.Code != code || f.Ended() != (code == "too_large") || f.Holder != "" {
			t.Errorf("%s: noted as %+v", path, f)
		}
	}
	s.send(t, s.keep(t, senders.Hoox, coordinates, time.Now(), exported("private"+job, "https://169.254.169.254/"+secret)))
	line := s.until(t, senders.Hoox, "job/private"+job, func(line timeline.Timeline) bool { return line.Files[0].Ended() })
	if f := line.Files[0]; f.State != timeline.Failed || f.Code != "url_forbidden" {
		t.Errorf("noted as %+v", f)
	}
	if err := s.queue.Send(t.Context(), []byte("no message")); err != nil {
		t.Fatal(err)
	}
	resting := func() bool {
		return s.invisible(t) == "2" && strings.Contains(s.printed.String(), "intake message unreadable")
	}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(30 * time.Second); !resting() && time.Now().Before(end); <-ticker.C {
	}
	if !resting() {
		t.Errorf("%s messages are at rest, want the one of a server that is down and the unreadable one", s.invisible(t))
	}
	for line := range strings.Lines(s.printed.String()) {
		unreadable := strings.Contains(line, "intake message unreadable")
		if strings.Contains(line, `"message":"collect"`) && strings.Contains(line, `"stuck":true`) != unreadable {
			t.Errorf("stuck, or not: %s", line)
		}
	}
	s.waitFor(t, `"`+names.MetricCollectStuck+`":1`)
}

// If a sweep cannot list the records, the function must not write the metric of a sweep: an alarm
// goes off if this metric is missing for long.
func TestASweepThatFailsIsNotCounted(t *testing.T) {
	t.Parallel()
	s := newFixture(t, map[string]string{names.IntakeBucket: "no-such-bucket-" + strings.ToLower(rand.Text())})
	if _, err := s.function.Invoke(lambda.Invocation{Payload: []byte(`{"source":"aws.scheduler"}`)}); err != nil {
		t.Fatal(err)
	}
	if printed := s.printed.String(); strings.Contains(printed, names.MetricCollectSwept) || !strings.Contains(printed, "collect sweep") {
		t.Errorf("printed:\n%s", printed)
	}
}

// A scheduled sweep must find a stored record for which no message was sent.
func TestTheScheduleSweeps(t *testing.T) {
	t.Parallel()
	s, build := newFixture(t, nil), rand.Text()
	s.keep(t, senders.Streampixel, intake.Coordinates{}, time.Now().Add(-20*time.Minute), `{"event":"build.approved","uploadId":"`+build+`","status":"Approved"}`)
	if _, err := s.function.Invoke(lambda.Invocation{Payload: []byte(`{"source":"aws.scheduler"}`)}); err != nil {
		t.Fatal(err)
	}
	line := s.until(t, senders.Streampixel, "build/"+build, func(timeline.Timeline) bool { return true })
	if line.State.Status != "Approved" || !strings.Contains(s.printed.String(), `"`+names.MetricCollectSwept+`":1`) {
		t.Errorf("%+v", line)
	}
}
