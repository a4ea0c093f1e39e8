package main

import (
	"crypto/rand"
	"time"

	"masterhand/shared/announcements"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/collect/s3upload"
	"masterhand/shared/announcements/collect/snsnotice"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/announcements/timeline/dynamostore"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/snsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/kit/sqsqueue"
)

const (
	redirects = 3 // the largest number of redirects from a link to its file
	// silence is the longest time for which a server may send no bytes. Then the request is
	// cancelled and sent again.
	silence = time.Minute
)

// pauses are the waits between two tries of a request to a sender's server, or of a write to the
// timeline.
var pauses = backoff.Steps{First: time.Second, Longest: 8 * time.Second}

// service returns the collecting service with AWS stores.
func service(c announcements.CollectSettings, aws awsclient.Factory) *collect.Service {
	s3 := s3client.New(aws)
	s := &collect.Service{
		Timelines:  dynamostore.Store{Client: dynamoclient.New(aws), Table: c.LedgerTable},
		Records:    s3records.Records{Client: s3, Bucket: c.IntakeBucket},
		Bucket:     s3upload.Bucket{Client: s3, Name: c.MastersBucket},
		Queue:      sqsqueue.Queue{Client: sqsclient.New(aws), URL: c.CollectQueueURL},
		NotifyOn:   c.NotifyOn,
		Client:     safehttp.NewClient(safehttp.Config{Loopback: c.AllowLoopback, HTTP2: true, Redirects: redirects}),
		Posternity: c.Posternity, Library: c.Library, MastersBucket: c.MastersBucket,
		MaxBytes: c.MaxBytes, Builds: c.Builds, MaxBuild: c.MaxBuild,
		Now: time.Now, NewHolder: rand.Text, PartSize: collect.PartSize, Silence: silence, Backoff: pauses,
	}
	if c.NotifyTopic != "" {
		s.Notifier = snsnotice.Topic{Client: snsclient.New(aws), ARN: c.NotifyTopic}
	}
	return s
}
