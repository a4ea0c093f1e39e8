package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/kit/listing"
)

// maxArchive is the maximum size in bytes of the ZIP file with a function's program. Lambda limits
// the unpacked program to this size, and the ZIP file is smaller than the unpacked program.
const maxArchive = 250 << 20

var (
	errNoArchive   = errors.New("no staged archive has the hash of this function's code")
	errNoBootstrap = errors.New("the archive has no executable bootstrap")
	errMachine     = errors.New("the program is for another kind of machine")
)

// unpack finds the archive of each function in CDK's staging buckets. It writes each program into a
// new folder inside the given one.
func (a account) unpack(ctx context.Context, functions map[string]*function, folder string) error {
	byHash := map[string][]byte{}
	buckets, err := a.s3.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return fmt.Errorf("looking for staged archives: %w", err)
	}
	for _, b := range buckets.Buckets {
		if !strings.HasPrefix(aws.ToString(b.Name), "cdk-") {
			continue
		}
		if err := a.staged(ctx, aws.ToString(b.Name), byHash); err != nil {
			return fmt.Errorf("reading staged archives: %w", err)
		}
	}
	for program, f := range functions {
		archive, there := byHash[f.hash]
		if !there {
			return fmt.Errorf("function %s: %w", program, errNoArchive)
		}
		if f.bootstrap, err = unzip(archive, filepath.Join(folder, program)); err != nil {
			return fmt.Errorf("function %s: %w", program, err)
		}
	}
	return nil
}

// staged reads all archives of a bucket into the map byHash. The keys are the SHA-256 of the
// archives in base64, as Lambda reports it.
func (a account) staged(ctx context.Context, bucket string, byHash map[string][]byte) error {
	for page, err := range listing.Objects(ctx, a.s3, &s3.ListObjectsV2Input{Bucket: &bucket}) {
		if err != nil {
			return err
		}
		for _, o := range page.Contents {
			object, err := a.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: o.Key})
			if err != nil {
				return err
			}
			data, err := io.ReadAll(io.LimitReader(object.Body, maxArchive))
			if err = errors.Join(err, object.Body.Close()); err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			byHash[base64.StdEncoding.EncodeToString(sum[:])] = data
		}
	}
	return nil
}

// unzip writes an archive's program into a folder and returns its path. Like Lambda it requires
// an executable file named bootstrap at the top level.
func unzip(archive []byte, folder string) (string, error) {
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	at := slices.IndexFunc(files.File, func(f *zip.File) bool {
		return f.Name == "bootstrap" && f.Mode().IsRegular() && f.Mode()&0o111 == 0o111
	})
	if at < 0 {
		return "", errNoBootstrap
	}
	packed, err := files.File[at].Open()
	if err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	program, err := io.ReadAll(io.LimitReader(packed, maxArchive))
	if err = errors.Join(err, packed.Close()); err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	if err := checkMachine(program); err != nil {
		return "", err
	}
	path := filepath.Join(folder, "bootstrap")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, program, 0o700)
}

// machines maps Go's names of processors (GOARCH) to the numbers in ELF files.
var machines = map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64}

// checkMachine returns an error if a program is not built for the processor of this machine.
func checkMachine(program []byte) error {
	header, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	if header.Machine != machines[runtime.GOARCH] {
		return fmt.Errorf("bootstrap: %w: %s", errMachine, header.Machine)
	}
	return nil
}
