package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/cdn"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// announcer sends one announcement to the system on this machine.
type announcer struct {
	*session
	sample events.Announcement
	query  string // query of the URL for announcements, such as "code=HRT-1212&variation=2"
	id     string // id of the subject; "" means that the method send makes a new id
}

// announcementResult is the result of sending an announcement, as --json prints it.
type announcementResult struct {
	Event    string          `json:"event"`
	URL      string          `json:"url"` // URL to which the announcement was sent, without the secret token
	Status   int             `json:"status"`
	Seconds  float64         `json:"duration_seconds"` // duration of the slowest attempt, in seconds
	Attempts int             `json:"attempts"`
	Sender   string          `json:"sender"`
	Subject  string          `json:"subject"`
	State    string          `json:"state"`
	Events   int             `json:"events"` // number of events of the subject, including this announcement
	Files    []announcedFile `json:"files"`
}

// announcedFile is the result for one announced file, as --json prints it.
type announcedFile struct {
	Name   string             `json:"name"`
	State  timeline.FileState `json:"state"`
	Code   string             `json:"code,omitempty"`
	Detail string             `json:"detail,omitempty"`
	Key    string             `json:"key,omitempty"`
	Size   int64              `json:"size_bytes,omitempty"`
	SHA256 string             `json:"sha256,omitempty"` // SHA-256 of the file in hex; "" if the sender stores its files itself
	Tags   map[string]string  `json:"tags,omitempty"`
	Index  string             `json:"index,omitempty"` // the master as the index lists it, or why the file is no master
}

// followFor is the time limit for the wait until a file is stored. Without it, the command could
// wait for hours, because masterhand retries that long if a server refuses a file.
const followFor = time.Minute

// send serves a sample file, announces it, waits until masterhand has stored it, and prints the
// result.
func (a announcer) send(ctx context.Context, name string) error {
	announcers, err := a.system.Announcers()
	if err != nil {
		return err
	}
	host, err := cdn.Open()
	if err != nil {
		return err
	}
	defer host.Close()
	body, err := a.fill(ctx, host)
	if err != nil {
		return err
	}
	began := time.Now()
	result := announcers.Post(ctx, a.sample.Sender, a.query, body)
	if result.Err != nil {
		return result.Err
	}
	r := announcementResult{
		Event: name, URL: a.system.IntakeURL + a.sample.Sender + "/…",
		Status: result.Status, Seconds: result.Longest.Seconds(), Attempts: result.Attempts,
	}
	a.text("sent to     %s\nanswer      %d (%s, attempt %d)\n", r.URL, r.Status, result.Longest.Round(time.Millisecond), r.Attempts)
	if !result.Delivered {
		return fmt.Errorf("the announcement was answered with status %d, expected 2xx: %s gives up", result.Status, a.sample.Sender)
	}
	following, cancel := context.WithTimeout(ctx, followFor)
	defer cancel()
	line, err := announcers.Follow(following, a.sample.Sender, body, began)
	if err != nil {
		return err
	}
	return a.show(following, r, line)
}

// fill returns the sample announcement's body with a file's URL at the host. If the sender stores
// its files itself, fill also puts the file into the masters bucket.
func (a announcer) fill(ctx context.Context, host *cdn.Host) ([]byte, error) {
	name, data, err := announce.SampleFile(a.sample.Sender)
	if err != nil {
		return nil, err
	}
	id := cmp.Or(a.id, strings.ToLower(rand.Text()[:10]))
	values := events.Values{
		FileURL: host.Serve(name, data), ID: id, Now: time.Now(),
		Bucket: a.system.S3.MastersBucket, Key: "proofs/" + id + "-" + name,
	}
	if bytes.Contains(a.sample.Body, []byte("{{key}}")) {
		_, err := a.system.Clients().S3().PutObject(ctx, &s3.PutObjectInput{Bucket: &values.Bucket, Key: &values.Key, Body: bytes.NewReader(data)})
		if err != nil {
			return nil, err
		}
	}
	return events.Fill(a.sample.Body, values)
}

// show prints a timeline and its files. With --json it prints the whole result as JSON.
func (a announcer) show(ctx context.Context, r announcementResult, line timeline.Timeline) error {
	r.Sender, r.Subject, r.Events = line.Sender, line.Subject, len(line.Entries)
	r.State = strings.TrimSpace(line.State.Type + " " + line.State.Status)
	a.text("timeline    %s %s: %s; events so far: %d\n", r.Sender, r.Subject, r.State, r.Events)
	for _, f := range line.Files {
		file := announcedFile{Name: f.Name, State: f.State, Code: f.Code, Detail: f.Detail, Key: f.Key, Size: f.Size, SHA256: f.SHA256}
		if f.State == timeline.Stored {
			if err := a.look(ctx, &file); err != nil {
				return err
			}
		}
		r.Files = append(r.Files, file)
		a.showFile(file)
	}
	if a.asJSON {
		return a.JSON(r)
	}
	return nil
}

// look adds a stored file's tags and its placement in the index to the result.
func (a announcer) look(ctx context.Context, f *announcedFile) error {
	bucket := s3store.Bucket{Client: a.system.Clients().S3(), Name: a.system.S3.MastersBucket}
	object, err := bucket.Look(ctx, f.Key)
	if err != nil {
		return err
	}
	f.Tags = object.Labels.Tags
	library := scenario.Masters{
		Client: bucket.Client, Bucket: bucket.Name, Library: masters.Library{Name: "default"},
		Index: masters.Index{Blobs: s3store.Blobs{Client: bucket.Client, Bucket: a.system.S3.IndexBucket}},
	}
	placed, err := library.Indexed(ctx, f.Key)
	if err != nil {
		return err
	}
	f.Index = library.Describe(ctx, placed)
	return nil
}

func (a announcer) showFile(f announcedFile) {
	if f.State != timeline.Stored {
		why := slices.DeleteFunc([]string{string(f.State), f.Code, f.Detail}, func(s string) bool { return s == "" })
		a.text("file        %s: %s\n", f.Name, strings.Join(why, ", "))
		return
	}
	sum := ""
	if f.SHA256 != "" {
		sum = ", sha256:" + f.SHA256
	}
	var tags []string
	for _, name := range slices.Sorted(maps.Keys(f.Tags)) {
		tags = append(tags, name+"="+f.Tags[name])
	}
	a.text("file        %s: stored as %s, %d bytes%s\ntags        %s\nindex       %s\n",
		f.Name, f.Key, f.Size, sum, cmp.Or(strings.Join(tags, ", "), "none"), f.Index)
}
