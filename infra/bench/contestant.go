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
	dir      string // holds the certificate to trust
}

// split returns the source's address and, without a slash before it, the object's path there.
func (j job) split() (endpoint, path string) {
	address, err := url.Parse(j.from)
	if err != nil {
		return "", ""
	}
	return address.Scheme + "://" + address.Host, strings.TrimPrefix(address.Path, "/")
}

func (j job) certificate() string { return filepath.Join(j.dir, certificateFile) }

// contestant is one way to move an object: commands whose standard outputs and
// inputs are joined, as a shell's pipe does.
type contestant struct {
	name     string
	needs    []string // programs, besides this one
	commands func(j job) [][]string
	md5      bool // hashes MD5 too, and is compared with what does the same
	once     bool // is not repeated
}

// The contestants by name that targets and ratios speak of.
const (
	baseline = "io.Copy"
	ours     = "masterhand"
	withMD5  = " + MD5"
)

// contestants lists those whose programs are installed, and the names of the rest.
func contestants(self string, quick bool) (list []contestant, missing []string) {
	all := []contestant{
		{name: baseline, commands: relayed(self, "copy")},
		{name: ours, commands: relayed(self, "window")},
		{name: baseline + withMD5, commands: relayed(self, "copy", "-md5"), md5: true},
		{name: ours + withMD5, commands: relayed(self, "window", "-md5"), md5: true},
		{name: "curl | curl", needs: []string{"curl"}, commands: func(j job) [][]string {
			return [][]string{{"curl", "-sSf", "--cacert", j.certificate(), j.from}, upload(j)}
		}},
		{name: "aws s3 cp | curl", needs: []string{"aws", "curl"}, commands: awsCommands},
		{name: "rclone cat | curl", needs: []string{"rclone", "curl"}, commands: rcloneCommands},
	}
	for _, c := range all {
		if quick && c.needs != nil {
			continue
		}
		if program := absent(c.needs); program != "" {
			missing = append(missing, fmt.Sprintf("%s (%s is not installed)", c.name, program))
			continue
		}
		c.once = c.needs != nil
		list = append(list, c)
	}
	return list, missing
}

// absent returns the first of some programs that is not installed, "" if all are.
func absent(programs []string) string {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return program
		}
	}
	return ""
}

// relayed is this program as a contestant.
func relayed(self, how string, more ...string) func(job) [][]string {
	return func(j job) [][]string {
		command := []string{self, "relay", "-how", how, "-certificate", j.dir, "-from", j.from, "-to", j.to, "-size", fmt.Sprint(j.size)}
		return [][]string{append(command, more...)}
	}
}

// upload is the end of a pipe. curl cannot know the length, so it sends chunks,
// which the sink takes, though R2 would not.
func upload(j job) []string {
	return []string{"curl", "-sSf", "--cacert", j.certificate(), "-T", "-", j.to}
}

func awsCommands(j job) [][]string {
	endpoint, path := j.split()
	return [][]string{
		{"aws", "s3", "cp", "--no-sign-request", "--region", "us-east-1", "--ca-bundle", j.certificate(), "--endpoint-url", endpoint, "s3://" + path, "-"},
		upload(j),
	}
}

func rcloneCommands(j job) [][]string {
	endpoint, path := j.split()
	remote := fmt.Sprintf(":s3,provider=Other,force_path_style=true,endpoint='%s':%s", endpoint, path)
	return [][]string{
		{"rclone", "cat", "--config", os.DevNull, "--ca-cert", j.certificate(), remote},
		upload(j),
	}
}

// environment is what the contestants' processes see: this one's, less what
// would send them elsewhere or make them trust something else.
func environment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "RCLONE_") || strings.HasSuffix(name, "_PROXY") {
			continue
		}
		kept = append(kept, entry)
	}
	return append(kept, "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true")
}
