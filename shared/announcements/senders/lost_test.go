package senders_test

import (
	"strings"
	"testing"

	"masterhand/shared/announcements/senders"
)

// If an event must bring a file but has none, Read must report either the file as lost or the event
// as not understood. For an event that may come without a file, Read must report neither.
func TestALostFileIsReported(t *testing.T) {
	t.Parallel()
	const hoox, pixel, reform, post = senders.Hoox, senders.Streampixel, senders.AdReform, senders.Posternity
	export := func(result string) string {
		return `{"task":"video_export","job_id":"j","status":"completed","result":` + result + `}`
	}
	set := func(members string) string {
		return `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved"` + members + `}}}`
	}
	for _, test := range []struct{ sender, body, lost, unknown string }{
		{hoox, export(`{}`), "url_absent", ""},
		{hoox, export(`{"video_url":null}`), "url_absent", ""},
		{hoox, export(`{"video_url":{"href":"https://h/x"}}`), "url_absent", ""},
		{hoox, export(`{"videoUrl":"https://h/x"}`), "url_absent", ""},
		{hoox, export(`{"video_url":"/exports/1.mp4"}`), "url_unusable", ""},
		{hoox, export(`{"video_url":"https://h/a\nb"}`), "url_unusable", ""},
		{hoox, export(`null`), "url_absent", ""},
		{hoox, `{"task":"asset_generation","asset_id":"a","status":"completed","result":{"url":"https://h/x"}}`, "url_absent", ""},
		{hoox, `{"task":"video_export","job_id":"j","status":"done","result":{"video_url":"https://h/x"}}`, "", "status"},
		{hoox, `{"task":"video_render","job_id":"j","status":"completed","result":{"video_url":"https://h/x"}}`, "", "type"},
		{hoox, `{"job_id":"j","status":"completed","result":{"url":"https://h/x"}}`, "", "type"},
		{hoox, `{"job_id":"j","status":"completed","result":{"video_url":null}}`, "url_absent", ""},
		{hoox, `{"job_id":"j","status":"completed","result":{"video_url":["https://h/x"],"video_id":"v"}}`, "url_absent", ""},
		{hoox, `{"job_id":"j","status":"completed","result":{"video_url":null,"video_id":"v"}}`, "", ""},
		{hoox, `{"task":"video_generate","job_id":"j","status":"completed","result":{"video_id":"v"}}`, "", ""},
		{hoox, `{"task":"avatar_create","avatar_id":"a","look_id":"l","status":"completed"}`, "", ""},
		{hoox, `{"avatar_id":"a","look_id":"l","status":"completed"}`, "", ""},
		{hoox, `{"job_id":"j","status":"failed"}`, "", ""},

		{pixel, `{"event":"build.approved","uploadId":"u","status":"Approved","fileUrl":null}`, "", ""},
		{pixel, `{"event":"build.approved","uploadId":"u","status":"Approved","fileUrl":""}`, "", ""},
		{pixel, `{"event":"build.approved","uploadId":"u","status":"Approved","file_url":"https://h/x"}`, "", "field"},
		{pixel, `{"event":"build.approved","uploadId":"u","status":"Approved","fileUrl":{"url":"https://h/x"}}`, "url_absent", ""},
		{pixel, `{"event":"build.approved","uploadId":"u","status":"Approved","fileUrl":" "}`, "url_absent", ""},
		{pixel, `{"event":"build.approved","uploadId":"u","status":"Approved","fileUrl":"/builds/x.zip"}`, "url_unusable", ""},
		{pixel, `{"event":"build.approved","uploadId":"u","status":"Released","fileUrl":null}`, "", "status"},
		{pixel, `{"event":"build.extracting","uploadId":"u","status":"Extracting & Scanning","fileUrl":null}`, "", ""},
		{pixel, `{"event":"webhook.test","status":"test","fileUrl":{}}`, "", ""},

		{reform, set(`,"screenshots":[{"id":"a","status":"uploaded"}]`), "url_absent", ""},
		{reform, set(`,"screenshots":[{"id":"a","status":"uploaded","imageUrl":"https://h/x"}]`), "url_absent", ""},
		{reform, set(`,"screenshots":[{"id":"a","status":"upload_failed"}]`), "url_absent", ""},
		{reform, set(`,"screenshots":[{"id":"a","status":"upload_failed","image_url":"https://h/x"}]`), "", ""},
		{reform, set(`,"screenshots":[{"id":"a","status":"uploaded","s3_objects":[{"bucket":"acme-b","key":"k","status":"upload_failed"}]}]`), "url_absent", ""},
		{reform, set(`,"screenshots":[{"id":"a","status":"captured","image_url":"https://h/x"}]`), "status_unknown", "status"},
		{reform, set(`,"screenshots":[{"id":"a","status":"ad_not_captured"}]`), "", ""},
		{reform, set(`,"screenshots":[]`), "", "file"},
		{reform, set(`,"shots":[{"id":"a","status":"uploaded","image_url":"https://h/x"}]`), "", "file"},
		{reform, set(`,"screenshots":{"a":{"status":"uploaded","image_url":"https://h/x"}}`), "", "file"},
		{reform, set(`,"screenshots":[],"s3_objects":[{"bucket":"acme-b","key":"k","status":"upload_failed"}]`), "", "file"},
		{reform, set(`,"screenshots":[{"id":"a","status":"uploaded","image_url":"https://h/x"}],"s3_objects":[{"bucket":"acme-b","key":"k","status":"stored"}]`), "", "status"},
		{reform, `{"id":"e","topic":"ad.uploaded","data":{"object":{"id":"a"}}}`, "", ""},

		{post, `{"event":"studio.campaign.completed","data":{"assets":[{"url":null}]}}`, "url_absent", ""},
		{post, `{"event":"studio.campaign.completed","data":{"assets":[{"url":"/x.mp4"}]}}`, "url_unusable", ""},
		{post, `{"event":"studio.campaign.completed","data":{"files":[{"url":"https://h/x"}]}}`, "", "file"},
		{post, `{"event":"studio.campaign.completed","data":{"assets":[]}}`, "", "file"},
		{post, `{"event":"studio.template.approved","data":{}}`, "", ""},
		{post, `{"event":"studio.batch.progress","data":{"assets":[{"url":null}]}}`, "", ""},
		{post, `{"event":"studio.campaign.done","data":{"assets":[]}}`, "", "type"},
		{post, `{"event":"webhook.test"}`, "", ""},
	} {
		e := said(t, test.sender, test.body)
		lost := ""
		for _, f := range e.Files {
			if senders.Lost(f.Problem) {
				lost = f.Problem
			}
		}
		if unknown := strings.Join(e.Unknown, " "); lost != test.lost || unknown != test.unknown {
			t.Errorf("%s %s: lost %q, unknown %q; want %q, %q", test.sender, test.body, lost, unknown, test.lost, test.unknown)
		}
	}
	if e, err := senders.Read(senders.Delivery{Sender: post, Body: []byte(`{"event":"studio.campaign.completed"}`), Received: received}, senders.PosternityConfig{}); err != nil || !e.Known {
		t.Errorf("an event of which no file is wanted: %+v, %v", e, err)
	}
}

// If the sender could not upload a screenshot to our bucket, the screenshot must be fetched from its
// picture link. It must not be taken for one of the uploaded objects.
func TestAFailedUploadIsFetchedFromItsPicture(t *testing.T) {
	t.Parallel()
	const objects = `[{"bucket":"acme-b","key":"1","status":"uploaded"},{"bucket":"acme-b","key":"2","status":"uploaded"}]`
	e := said(t, senders.AdReform, `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved",
		"screenshots":[{"id":"a","status":"upload_failed","image_url":"https://h/a"}],"s3_objects":`+objects+`}}}`)
	if len(e.Files) != 3 || e.Files[0].URL.Host() != "h" || e.Files[0].Among != nil || !e.Known || e.Alert != "" {
		t.Errorf("%+v", e)
	}
}
