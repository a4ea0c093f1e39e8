package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/sim/mototest"
	"masterhand/infra/local/sim/system"
)

// archive returns a zip archive with one file.
func archive(t *testing.T, name string, mode fs.FileMode, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(mode)
	f, err := w.CreateHeader(header)
	if err == nil {
		_, err = f.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deploy creates a stack from a template, with the functions of this project as its code.
func deploy(t *testing.T, a account, template string) {
	t.Helper()
	root, err := system.Root()
	if err != nil {
		t.Fatal(err)
	}
	built, err := system.Build(t.Context(), root, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	bucket := "cdk-assets"
	if _, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	for program, path := range map[string]string{
		"fulfill": built.Fulfill, "finish": built.Finish, "index": built.Index, "intake": built.Intake, "collect": built.Collect,
	} {
		binary, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.s3.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: new(program + ".zip"), Body: bytes.NewReader(archive(t, "bootstrap", 0o755, binary)),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = a.cloudformation.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: new("stack"), TemplateBody: &template, Capabilities: []cfn.Capability{cfn.CapabilityCapabilityIam},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The proof must accept a complete stack. If a part of the stack is missing, the proof must fail.
func TestTheProofFailsIfAPartIsMissing(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("Lambda's programs are Linux's")
	}
	if _, err := os.Stat("../../../../node_modules/fauxqs"); err != nil && os.Getenv("CI") == "" {
		t.Skip(`no DynamoDB and SQS to test with: run "npm ci" first`)
	}
	body, err := os.ReadFile("testdata/stack.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"as it is":       {"", "", ""},
		"a function":     {"FinishFunction", "EndFunction", "the stack has no such function: finish"},
		"another":        {"CollectFunction", "FetchFunction", "the stack has no such function: collect"},
		"a variable":     {`"LEDGER_TABLE": "stack-ledger",`, "", "LEDGER_TABLE: missing"},
		"the right code": {`"S3Key": "index.zip"`, `"ZipFile": "another"`, "no staged archive has the hash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(mototest.Start(t))
			deploy(t, a, strings.ReplaceAll(string(body), c.from, c.to))
			if err := run(t.Context(), a, "stack"); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// elfHeader returns the shortest ELF header of a program for one type of processor. The parameter
// machine is ELF's number for this type.
func elfHeader(machine byte) []byte {
	header := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	header[16], header[18], header[20], header[52], header[58] = 2, machine, 1, 64, 64
	return header
}

func TestUnzip(t *testing.T) {
	t.Parallel()
	here, elsewhere := byte(62), byte(183) // ELF's numbers of processors: 62 is x86-64, 183 is ARM64
	if runtime.GOARCH == "arm64" {
		here, elsewhere = elsewhere, here
	}
	for name, c := range map[string]struct {
		archive []byte
		want    error // the expected error; nil accepts any error
		good    bool
	}{
		"as it is":        {archive(t, "bootstrap", 0o755, elfHeader(here)), nil, true},
		"other machine":   {archive(t, "bootstrap", 0o755, elfHeader(elsewhere)), errMachine, false},
		"not executable":  {archive(t, "bootstrap", 0o644, elfHeader(here)), errNoBootstrap, false},
		"another name":    {archive(t, "main", 0o755, elfHeader(here)), errNoBootstrap, false},
		"in a folder":     {archive(t, "dist/bootstrap", 0o755, elfHeader(here)), errNoBootstrap, false},
		"a link":          {archive(t, "bootstrap", fs.ModeSymlink|0o777, []byte("/bin/sh")), errNoBootstrap, false},
		"no program":      {archive(t, "bootstrap", 0o755, []byte("#!/bin/sh")), nil, false},
		"no archive":      {[]byte("PK"), nil, false},
		"an archive, cut": {archive(t, "bootstrap", 0o755, elfHeader(here))[:60], nil, false},
	} {
		folder := filepath.Join(t.TempDir(), "fulfill")
		path, err := unzip(c.archive, folder)
		if c.good {
			if got, readErr := os.ReadFile(path); err != nil || readErr != nil || !bytes.Equal(got, elfHeader(here)) {
				t.Errorf("%s: %q, %v, %v", name, path, err, readErr)
			}
			continue
		}
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: something was written", name)
		}
	}
}
