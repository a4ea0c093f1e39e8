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
	"masterhand/infra/local/running"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/cdn"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// announcers are those who announce files, with the tokens of the senders' file.
func announcers(r running.System) (announce.Client, error) {
	secrets, err := announce.LoadSecrets(r.Senders)
	if err != nil {
		return announce.Client{}, err
	}
	return announce.New(announce.Config{
		URL: r.IntakeURL, Secrets: secrets, Clients: clients(r), Bucket: r.S3.IntakeBucket, Table: r.DynamoDB.Table,
	}), nil
}

// clients are clients of a running system's services.
func clients(r running.System) awsclient.Factory {
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": r.S3.AccessKey, "AWS_SECRET_ACCESS_KEY": r.S3.SecretKey}
	return awsclient.New(r.S3.Region, variables.Endpoints{S3: r.S3.Endpoint, DynamoDB: r.DynamoDB.Endpoint}, func(key string) (string, bool) {
		value, ok := credentials[key]
		return value, ok
	})
}

// shelfOf looks at a running system's masters.
func shelfOf(r running.System) scenario.Masters {
	client := clients(r).S3()
	return scenario.Masters{
		Client: client, Bucket: r.S3.MastersBucket, Library: masters.Library{Name: "default"},
		Index: masters.Index{Blobs: s3store.Blobs{Client: client, Bucket: r.S3.IndexBucket}},
	}
}

// announcing is one announcement to a running system.
type announcing struct {
	up     running.System
	sample events.Announcement
	query  string // of the URL it is sent to: the coordinates
	id     string // tells what it is about from all else; "" makes a new one
}

// followFor bounds the wait for a file: of what a server refuses, much goes on for hours.
const followFor = time.Minute

// send announces a sample file, handing it out meanwhile, and tells what came of it.
func (a announcing) send(ctx context.Context) error {
	announcers, err := announcers(a.up)
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
	fmt.Printf("sent to     %s%s/…\nanswer      %d (%s, attempt %d)\n", a.up.IntakeURL, a.sample.Sender,
		result.Status, result.Longest.Round(time.Millisecond), result.Attempts)
	if !result.Delivered {
		return fmt.Errorf("answered %d: %s gives up", result.Status, a.sample.Sender)
	}
	following, cancel := context.WithTimeout(ctx, followFor)
	defer cancel()
	line, err := announcers.Follow(following, a.sample.Sender, body, began)
	if err != nil {
		return err
	}
	return a.tell(following, line)
}

// fill gives the sample what it announces: a file at the host, and one in our bucket
// where the sender says to have put it there.
func (a announcing) fill(ctx context.Context, host *cdn.Host) ([]byte, error) {
	name, data, err := announce.SampleFile(a.sample.Sender)
	if err != nil {
		return nil, err
	}
	id := cmp.Or(a.id, strings.ToLower(rand.Text()[:10]))
	values := events.Values{
		FileURL: host.Serve(name, data), ID: id, Now: time.Now(),
		Bucket: a.up.S3.MastersBucket, Key: "proofs/" + id + "-" + name,
	}
	if bytes.Contains(a.sample.Body, []byte("{{key}}")) {
		_, err := clients(a.up).S3().PutObject(ctx, &s3.PutObjectInput{Bucket: &values.Bucket, Key: &values.Key, Body: bytes.NewReader(data)})
		if err != nil {
			return nil, err
		}
	}
	return events.Fill(a.sample.Body, values)
}

// tell prints a timeline, its files, and what the index took them for.
func (a announcing) tell(ctx context.Context, line timeline.Timeline) error {
	said := strings.TrimSpace(line.State.Type + " " + line.State.Status)
	fmt.Printf("timeline    %s %s: %s; events so far: %d\n", line.Sender, line.Subject, said, len(line.Entries))
	for _, f := range line.Files {
		if f.State != timeline.Stored {
			fmt.Printf("file        %s: %s\n", f.Name, strings.Join(slices.DeleteFunc([]string{string(f.State), f.Code, f.Detail}, empty), ", "))
			continue
		}
		fmt.Printf("file        %s: stored as %s, %d bytes%s\n", f.Name, f.Key, f.Size, sum(f))
		if err := a.tellStored(ctx, f.Key); err != nil {
			return err
		}
	}
	return nil
}

func empty(s string) bool { return s == "" }

// sum shows a hash; of what the sender has stored by itself there is none.
func sum(f timeline.File) string {
	if f.SHA256 == "" {
		return ""
	}
	return ", sha256:" + f.SHA256
}

// tellStored prints an object's tags, and what the index took it for.
func (a announcing) tellStored(ctx context.Context, key string) error {
	on := shelfOf(a.up)
	object, err := s3store.Bucket{Client: on.Client, Name: on.Bucket}.Look(ctx, key)
	if err != nil {
		return err
	}
	var tags []string
	for _, name := range slices.Sorted(maps.Keys(object.Labels.Tags)) {
		tags = append(tags, name+"="+object.Labels.Tags[name])
	}
	fmt.Printf("tags        %s\n", cmp.Or(strings.Join(tags, ", "), "none"))
	placed, err := on.Indexed(ctx, key)
	if err != nil {
		return err
	}
	fmt.Printf("index       %s\n", on.Describe(ctx, placed))
	return nil
}
