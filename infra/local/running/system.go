// Package running is the registry of the systems that run on this machine.
//
// Each system that is up has a ready file in its checkout, named after the port of its
// function URL. Two living systems never have the same port, so they never write to the
// same file. The file holds the line that "masterhand up --json" prints.
//
//	withdraw, err := running.Publish(root, system)  // the system is up
//	system, err := running.Select(root, "")         // another process finds it
package running

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"
)

// System describes a running system: where it answers, and with which credentials.
type System struct {
	FulfillURL   string   `json:"fulfillUrl"`
	IntakeURL    string   `json:"intakeUrl"` // without {sender}/{token}
	S3           S3       `json:"s3"`
	DynamoDB     DynamoDB `json:"dynamodb"`
	SQS          SQS      `json:"sqs"`
	Doors        Doors    `json:"doors"`
	Destinations string   `json:"destinations"` // path of the file
	Senders      string   `json:"senders"`      // path of the file
	Log          string   `json:"log"`          // path of the file
	PageURL      string   `json:"pageUrl,omitempty"`
}

// S3 is a system's S3, with the credentials that all its services take.
type S3 struct {
	Endpoint      string `json:"endpoint"`
	Region        string `json:"region"`
	AccessKey     string `json:"accessKey"`
	SecretKey     string `json:"secretKey"`
	MastersBucket string `json:"mastersBucket"`
	IndexBucket   string `json:"indexBucket"`
	IntakeBucket  string `json:"intakeBucket"`
}

// DynamoDB is a system's DynamoDB.
type DynamoDB struct {
	Endpoint string `json:"endpoint"`
	Table    string `json:"table"`
}

// SQS is a system's SQS.
type SQS struct {
	Endpoint string `json:"endpoint"`
}

// Doors are the ways in for events that nobody signs: a queue of the system's SQS, and a bucket
// of its S3. Both belong to the first destination.
type Doors struct {
	QueueURL string `json:"queueUrl"`
	Bucket   string `json:"bucket"`
}

var (
	// ErrNone is the error where no system is running.
	ErrNone = errors.New("no system is running on this machine")
	// ErrNoLine is the error of a file that describes no system.
	ErrNoLine = errors.New("description of no system")
)

// Line returns the system as one line of JSON, with its line break.
func (s System) Line() ([]byte, error) {
	line, err := json.Marshal(s)
	return append(line, '\n'), err
}

// Read returns the system that a file describes. The system may have ended.
func Read(path string) (System, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return System{}, err
	}
	return parse(path, content)
}

func parse(path string, line []byte) (s System, err error) {
	if json.Unmarshal(line, &s) != nil || s.FulfillURL == "" || s.S3.Endpoint == "" || s.DynamoDB.Endpoint == "" {
		return System{}, fmt.Errorf("%s: %w", path, ErrNoLine)
	}
	return s, nil
}

// answerWithin bounds the wait for a connection on this machine.
const answerWithin = 5 * time.Second

// Answers returns nil if the system is alive. Its function URL and its S3 must both take
// connections: another program may have got one port of a system that has ended, but
// hardly both.
func (s System) Answers() error {
	for _, address := range []string{s.FulfillURL, s.S3.Endpoint} {
		at, err := url.Parse(address)
		if err != nil || at.Port() == "" {
			return fmt.Errorf("%w: a system's addresses are http://HOST:PORT", ErrNoLine)
		}
		conn, err := net.DialTimeout("tcp", at.Host, answerWithin)
		if err != nil {
			return fmt.Errorf("%w (the one at %s has ended)", ErrNone, s.FulfillURL)
		}
		_ = conn.Close()
	}
	return nil
}
