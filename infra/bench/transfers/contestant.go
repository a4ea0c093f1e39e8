package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// job is the object that a contestant must move, and the addresses for it.
type job struct {
	from, to string // URL of the object in the source, and URL of the upload in the sink
	size     int64  // size of the object in bytes
	dir      string // folder of the certificate that the contestant must trust
}

// split returns the base URL of the source, and the path of the object there without a leading
// slash.
func (j job) split() (endpoint, path string) {
	address, err := url.Parse(j.from)
	if err != nil {
		return "", ""
	}
	return address.Scheme + "://" + address.Host, strings.TrimPrefix(address.Path, "/")
}

func (j job) certificate() string { return filepath.Join(j.dir, certificateFile) }

// contestant is a program or a pipe of programs that can move an object.
type contestant struct {
	name     string
	needs    []string // names of the programs that must be installed for this contestant
	commands func(j job) [][]string
	hashes   bool // whether the contestant prints the SHA-256 of the bytes that it moved
	// whether the contestant downloads from S3 with a well-known program, such as rclone; targets
	// say how much faster than such a contestant masterhand must be
	downloads bool
	// memory is the largest allowed memory of masterhand, divided by the contestant's; 0 means that
	// there is no such target
	memory float64
}

// copyName is the name of the contestant that uses plain io.Copy.
const copyName = "io.Copy"

// relayed returns a contestant that runs this program itself to move the object. The parameter how
// is the name of the [relaying] method that does it: "window", "bare" or "copy".
func (b *bench) relayed(name, how string) contestant {
	return contestant{name: name, hashes: true, commands: func(j job) [][]string {
		return [][]string{{b.self, "relay", "-how", how, "-certificate", j.dir, "-from", j.from, "-to", j.to, "-size", fmt.Sprint(j.size)}}
	}}
}

// ours returns the contestant that moves an object in the same way as the deployed functions.
func (b *bench) ours() contestant { return b.relayed("masterhand", "window") }

// copy returns the contestant that moves an object with plain io.Copy. Every target compares
// masterhand with it.
func (b *bench) copy() contestant { return b.relayed(copyName, "copy") }

// others returns the contestants that consist of other programs.
func others() []contestant {
	return []contestant{
		{name: "curl | curl", needs: []string{"curl"}, commands: func(j job) [][]string {
			return [][]string{{"curl", "-sSf", "--cacert", j.certificate(), j.from}, upload(j)}
		}},
		{name: "aws s3 cp | curl", downloads: true, memory: 1.0 / 3, needs: []string{"aws", "curl"}, commands: func(j job) [][]string {
			endpoint, path := j.split()
			return [][]string{{"aws", "s3", "cp", "--no-sign-request", "--region", "us-east-1", "--ca-bundle", j.certificate(),
				"--endpoint-url", endpoint, "s3://" + path, "-"}, upload(j)}
		}},
		// a third of the memory is not possible here: rclone and curl use about 60 MiB, and the window
		// of masterhand alone has 32 MiB
		{name: "rclone cat | curl", downloads: true, memory: 1, needs: []string{"rclone", "curl"}, commands: func(j job) [][]string {
			endpoint, path := j.split()
			remote := fmt.Sprintf(":s3,provider=Other,force_path_style=true,endpoint='%s':%s", endpoint, path)
			return [][]string{{"rclone", "cat", "--config", os.DevNull, "--ca-cert", j.certificate(), remote}, upload(j)}
		}},
		{name: "s5cmd cat | curl", downloads: true, memory: 1.0 / 3, needs: []string{"s5cmd", "curl"}, commands: func(j job) [][]string {
			endpoint, path := j.split()
			return [][]string{{"s5cmd", "--no-sign-request", "--endpoint-url", endpoint, "cat", "s3://" + path}, upload(j)}
		}},
	}
}

// upload returns the last command of a pipe, which uploads with curl. curl cannot know the object's
// length in advance, so it sends the body in chunks. The sink accepts chunks, although R2 does not.
func upload(j job) []string {
	return []string{"curl", "-sSf", "--cacert", j.certificate(), "-T", "-", j.to}
}

// absent returns the first of these programs that cannot run here, or "" if all can run. To find
// out, it runs each program's version command. It is not enough that the program's file exists,
// because the file may be only a placeholder.
func absent(programs []string) string {
	for _, program := range programs {
		if exec.Command(program, "--version").Run() != nil && exec.Command(program, "version").Run() != nil {
			return program
		}
	}
	return ""
}

// foreign returns the given environment variables without those that would lead a contestant to
// other servers or to other certificates.
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
