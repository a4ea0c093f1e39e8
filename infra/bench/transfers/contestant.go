package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// job is one object to move, and its addresses.
type job struct {
	from, to string // addresses of the object and of the upload
	size     int64  // size in bytes
	dir      string // folder of the certificate to trust
}

// split returns the source's address, and the object's path there without a leading slash.
func (j job) split() (endpoint, path string) {
	address, err := url.Parse(j.from)
	if err != nil {
		return "", ""
	}
	return address.Scheme + "://" + address.Host, strings.TrimPrefix(address.Path, "/")
}

func (j job) certificate() string { return filepath.Join(j.dir, certificateFile) }

// contestant is one way to move an object. It is a list of commands, joined by pipes as in a
// shell.
type contestant struct {
	name      string
	needs     []string // programs that it needs besides this one
	commands  func(j job) [][]string
	hashes    bool // whether it prints the SHA-256 of the moved bytes
	downloads bool // whether it is an S3 downloader, with which the acceptance criteria compare
}

// copyName is the name of the contestant that uses plain io.Copy.
const copyName = "io.Copy"

// relayed returns a contestant that is this program; how names its method of moving the object.
func (b *bench) relayed(name, how string) contestant {
	return contestant{name: name, hashes: true, commands: func(j job) [][]string {
		return [][]string{{b.self, "relay", "-how", how, "-certificate", j.dir, "-from", j.from, "-to", j.to, "-size", fmt.Sprint(j.size)}}
	}}
}

// ours returns the contestant that moves the object as the deployed functions do.
func (b *bench) ours() contestant { return b.relayed("masterhand", "window") }

// copy returns the contestant that uses plain io.Copy, with which every target compares.
func (b *bench) copy() contestant { return b.relayed(copyName, "copy") }

// others returns the contestants that use other programs.
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

// upload returns the last command of a pipe. curl cannot know the length, so it sends chunks. The
// sink accepts chunks, but R2 does not.
func upload(j job) []string {
	return []string{"curl", "-sSf", "--cacert", j.certificate(), "-T", "-", j.to}
}

// absent returns the first of the programs that does not run here, "" if all do. A program must
// print its version, because some commands exist only as a placeholder.
func absent(programs []string) string {
	for _, program := range programs {
		if exec.Command(program, "--version").Run() != nil && exec.Command(program, "version").Run() != nil {
			return program
		}
	}
	return ""
}

// foreign returns the variables of an environment that do not lead a contestant to other servers
// or other certificates.
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
