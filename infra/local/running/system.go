// Package running is the registry of local systems.
//
// Each running system has a ready file in the checkout from which it was started. The file is
// named after the port of the system's function URL. Two running systems never have the same port,
// so they never write to the same file. The file holds the line that "masterhand up --json"
// prints.
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

// System describes a running system: its addresses and credentials.
type System struct {
	FulfillURL   string   `json:"fulfillUrl"`
	IntakeURL    string   `json:"intakeUrl"` // URL to which senders announce, without {sender}/{token} at its end
	S3           S3       `json:"s3"`
	DynamoDB     DynamoDB `json:"dynamodb"`
	SQS          SQS      `json:"sqs"`
	Doors        Doors    `json:"doors"`
	Destinations string   `json:"destinations"` // path of the destinations' file
	Senders      string   `json:"senders"`      // path of the senders' file
	Log          string   `json:"log"`          // path of the log file
	PageURL      string   `json:"pageUrl,omitempty"`
}

// S3 describes how to reach a system's S3. All services of the system accept the same credentials.
type S3 struct {
	Endpoint      string `json:"endpoint"`
	Region        string `json:"region"`
	AccessKey     string `json:"accessKey"`
	SecretKey     string `json:"secretKey"`
	MastersBucket string `json:"mastersBucket"`
	IndexBucket   string `json:"indexBucket"`
	IntakeBucket  string `json:"intakeBucket"`
}

// DynamoDB describes how to reach a system's DynamoDB.
type DynamoDB struct {
	Endpoint string `json:"endpoint"`
	Table    string `json:"table"`
}

// SQS describes how to reach a system's SQS.
type SQS struct {
	Endpoint string `json:"endpoint"`
}

// Doors names the queue and the bucket that accept the platform's events without a signature.
// Events from there belong to the first destination in the destinations' file.
type Doors struct {
	QueueURL string `json:"queueUrl"`
	Bucket   string `json:"bucket"`
}

var (
	// ErrNone means that no system is running on this machine.
	ErrNone = errors.New("no system is running on this machine")
	// ErrNoLine means that a file does not contain the line that describes a system.
	ErrNoLine = errors.New("the file does not describe a system")
)

// Line returns the system as one line of JSON, with a line break at the end.
func (s System) Line() ([]byte, error) {
	line, err := json.Marshal(s)
	return append(line, '\n'), err
}

// Read returns the system that a ready file describes. It does not check that the system is
// running.
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

// answerWithin limits the wait for a connection to a system. If the wait is longer, the system is
// regarded as ended.
const answerWithin = 5 * time.Second

// Answers returns nil if the system is running, otherwise an error. It requires that both the
// function URL and S3 accept connections, because one of these ports may belong to another program
// after the system has ended.
func (s System) Answers() error {
	for _, address := range []string{s.FulfillURL, s.S3.Endpoint} {
		at, err := url.Parse(address)
		if err != nil || at.Port() == "" {
			return fmt.Errorf("%w: its addresses must have the form http://HOST:PORT", ErrNoLine)
		}
		conn, err := net.DialTimeout("tcp", at.Host, answerWithin)
		if err != nil {
			return fmt.Errorf("%w (the one at %s has ended)", ErrNone, s.FulfillURL)
		}
		_ = conn.Close()
	}
	return nil
}
