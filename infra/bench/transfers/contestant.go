package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// job is one object to move.
type job struct {
	from, to string // addresses of the object and of the upload
	size     int64  // in bytes
	dir      string // folder of the certificate to trust
}

// split returns the source's address, and the object's path there without a slash before it.
func (j job) split() (endpoint, path string) {
	address, err := url.Parse(j.from)
	if err != nil {
		return "", ""
	}
	return address.Scheme + "://" + address.Host, strings.TrimPrefix(address.Path, "/")
}

func (j job) certificate() string { return filepath.Join(j.dir, certificateFile) }

// contestant is one way to move an object: commands whose standard outputs and
// inputs are joined, as the pipe of a shell does.
type contestant struct {
	name      string
	needs     []string // programs, besides this one
	commands  func(j job) [][]string
	hashes    bool // prints the SHA-256 of the bytes that it moved
	downloads bool // a downloader of S3, which acceptance compares with
}

// copyName is the name of the plain way in Go.
const copyName = "io.Copy"

// relayed returns this program as a contestant. The name says how it moves the object.
func (b *bench) relayed(name, how string) contestant {
	return contestant{name: name, hashes: true, commands: func(j job) [][]string {
		return [][]string{{b.self, "relay", "-how", how, "-certificate", j.dir, "-from", j.from, "-to", j.to, "-size", fmt.Sprint(j.size)}}
	}}
}

// ours moves the object as the deployed functions do.
func (b *bench) ours() contestant { return b.relayed("masterhand", "window") }

// copy is the plain way in Go, which every target compares with.
func (b *bench) copy() contestant { return b.relayed(copyName, "copy") }

// others lists the contestants that are programs of others.
func others() []contestant {
	return []contestant{
		{name: "curl | curl", needs: []string{"curl"}, commands: func(j job) [][]string {
			return [][]string{{"curl", "-sSf", "--cacert", j.certificate(), j.from}, upload(j)}
		}},
		{name: "aws s3 cp | curl", downloads: true, needs: []string{"aws", "curl"}, commands: func(j job) [][]string {
			endpoint, path := j.split()
			return [][]string{{"aws", "s3", "cp", "--no-sign-request", "--region", "us-east-1", "--ca-bundle", j.certificate(),
				"--endpoint-url", endpoint, "s3://" + path, "-"}, upload(j)}
		}},
		{name: "rclone cat | curl", downloads: true, needs: []string{"rclone", "curl"}, commands: func(j job) [][]string {
			endpoint, path := j.split()
			remote := fmt.Sprintf(":s3,provider=Other,force_path_style=true,endpoint='%s':%s", endpoint, path)
			return [][]string{{"rclone", "cat", "--config", os.DevNull, "--ca-cert", j.certificate(), remote}, upload(j)}
		}},
		{name: "s5cmd cat | curl", downloads: true, needs: []string{"s5cmd", "curl"}, commands: func(j job) [][]string {
			endpoint, path := j.split()
			return [][]string{{"s5cmd", "--no-sign-request", "--endpoint-url", endpoint, "cat", "s3://" + path}, upload(j)}
		}},
	}
}

// upload is the end of a pipe. curl cannot know the length, so it sends chunks. The sink takes
// chunks, but R2 does not.
func upload(j job) []string {
	return []string{"curl", "-sSf", "--cacert", j.certificate(), "-T", "-", j.to}
}

// absent returns the first of some programs that does not run here, "" if all do. A program
// must print its version: some commands exist as a stand-in alone.
func absent(programs []string) string {
	for _, program := range programs {
		if exec.Command(program, "--version").Run() != nil && exec.Command(program, "version").Run() != nil {
			return program
		}
	}
	return ""
}

// foreign returns the variables of an environment that lead no contestant to other servers, or
// to trust other certificates.
func foreign(environment []string) []string {
	var kept []string
	for _, entry := range environment {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "RCLONE_") || strings.HasPrefix(name, "S3_") ||
			strings.HasPrefix(name, "SSL_CERT_") || strings.HasSuffix(name, "_PROXY") {
			continue
		}
		kept = append(kept, entry)
	}
	return kept
}
