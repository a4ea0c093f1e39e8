// Package mototest starts moto, an independent imitation of AWS, for a test. A test against moto
// shows whether another implementation answers like the local services.
//
// Invariants: moto listens only on 127.0.0.1 and ends with the test. If moto is not installed,
// the test is skipped.
//
//	cfg := mototest.Start(t)
//	client := s3.NewFromConfig(cfg)
package mototest

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// listening matches the line that contains the address on which moto listens.
var listening = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)

// Start starts moto for the test, with an empty account. It returns the AWS configuration for that
// account.
func Start(t *testing.T) aws.Config {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed")
	}
	cmd := exec.CommandContext(t.Context(), program, "-H", "127.0.0.1", "-p", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			read := make(chan struct{})
			go func() { defer close(read); _, _ = io.Copy(io.Discard, stderr) }()
			// The error is ignored: moto has been killed, because the test's context has ended.
			t.Cleanup(func() { <-read; _ = cmd.Wait() })
			return aws.Config{
				Region: "us-east-1", BaseEndpoint: &found[1],
				Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
			}
		}
	}
	_ = cmd.Wait()
	t.Fatal("moto_server does not start")
	return aws.Config{}
}
