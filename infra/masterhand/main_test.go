package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":         {nil, 2, "ops secret DEST"},
		"help":            {[]string{"help"}, 0, "ops smoke"},
		"unknown":         {[]string{"reboot"}, 2, "ops logs"},
		"named":           {[]string{"reboot"}, 2, "unknown command reboot\n"},
		"misspelt":        {[]string{"requets", "-name", "staging"}, 2, "unknown command requets: did you mean requests?\n"},
		"half misspelt":   {[]string{"intake", "lst"}, 2, "unknown command intake lst: did you mean intake list?\n"},
		"a family":        {[]string{"intake"}, 2, "ops intake show SENDER"},
		"of a family":     {[]string{"intake", "-h"}, 0, "ops intake list"},
		"not of a family": {[]string{"intake", "reboot"}, 2, "ops intake list"},
		"no family":       {[]string{"secret", "-h"}, 0, "usage: ops secret DEST"},
		"no intake":       {[]string{"intake", "list"}, 1, "takes nothing in"},
		"no age":          {[]string{"intake", "list", "-since", "91d"}, 2, "up to 90d"},
		"none at all":     {[]string{"intake", "list", "-since", "0h"}, 2, "up to 90d"},
		"no days":         {[]string{"intake", "list", "-since", "xd"}, 2, "up to 90d"},
		"unknown flag":    {[]string{"url", "-fast"}, 2, "-fast"},
		"too many":        {[]string{"url", "here"}, 2, "none are taken"},
		"no destination":  {[]string{"secret"}, 2, "name one destination"},
		"no such state":   {[]string{"requests", "-outcome", "lost"}, 2, "fulfilled_elsewhere"},
		"no such day":     {[]string{"requests", "-day", "today"}, 2, "2026-11-21"},
		"no such log":     {[]string{"logs", "-function", "widget"}, 2, "fulfill, finish, index, intake, collect"},
		"no limit":        {[]string{"requests", "-limit", "0"}, 2, "at least 1"},
		"two codes":       {[]string{"coverage", "HRT", "ABC"}, 2, "at most one CODE"},
		"two forms":       {[]string{"coverage", "-csv", "-json"}, 2, "-csv or -json"},
		"many days":       {[]string{"coverage", "-days", "99"}, 2, "arguments: -days is 0 to 31 ("},
		"no days at all":  {[]string{"coverage", "-days", "x"}, 2, "-days must be a whole number"},
		"no span":         {[]string{"logs", "-since", "3x"}, 2, "-since must be the like of 36h or 7d"},
		"no switch":       {[]string{"coverage", "-csv=x"}, 2, "-csv takes nothing"},
		"no pace":         {[]string{"reindex", "-every", "x"}, 2, "-every must be the like of 10m"},
		"no folder":       {[]string{"upload"}, 2, "name one folder"},
		"many at once":    {[]string{"upload", ".", "-parallel", "99"}, 2, "arguments: -parallel is 1 to 32 ("},
		"above":           {[]string{"upload", ".", "-under", "a/../../b"}, 2, "without .."},
		"absolute":        {[]string{"upload", ".", "-under", "/a"}, 2, "without / before it"},
		"no queue":        {[]string{"redrive", "cellar"}, 2, "at most one QUEUE"},
		"many letters":    {[]string{"redrive", "-limit", "10001"}, 2, "arguments: -limit is 1 to 10,000 ("},
		"cannot ask":      {[]string{"upload", ".", "-json"}, 2, "-json needs -yes"},
		"nothing taken":   {[]string{"unplaced", "HRT"}, 2, "none are taken"},
		"no dead letters": {[]string{"redrive"}, 1, "without this output: IndexQueueUrl"},
		"no file":         {[]string{"url", "-to", "absent.json"}, 1, "absent.json"},
		"not the line":    {[]string{"url", "-to", "main.go"}, 1, "up -json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newAccount(t).run(operator{}, c.args...).expect(t, c.code, c.says)
		})
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, c := range commands() {
		said := a.run(operator{}, append(strings.Fields(c.name), "-h")...)
		said.expect(t, 0, "usage: ops "+c.name, c.short, "-name environment", "-region", "-profile", "-to")
		said.quiet(t, " \n")
		for line := range strings.Lines(c.long) {
			if n := len([]rune(line)); n > 94 {
				t.Errorf("ops %s: a line of help that is %d wide: %s", c.name, n, line)
			}
		}
	}
	if len(a.calls) > 0 {
		t.Errorf("help asked AWS: %v", a.calls)
	}
}

func TestFlagsStandAnywhere(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"-name staging a b", "a -name staging b", "a b -name=staging", "-name staging -- a b"} {
		s, flags := &session{}, newFlags()
		s.define(flags)
		rest, err := parse(flags, strings.Fields(args))
		if err != nil || strings.Join(rest, " ") != "a b" || s.name != "staging" {
			t.Errorf("%s: %v, %q, %v", args, rest, s.name, err)
		}
	}
	rest, err := parse(newFlags(), []string{"a", "--", "-b", "--"})
	if err != nil || strings.Join(rest, " ") != "a -b --" {
		t.Errorf("behind --: %v, %v", rest, err)
	}
	if _, err := parse(newFlags(), []string{"a", "-b"}); err == nil {
		t.Error("an unknown flag was taken")
	}
}

func TestConfigurationOfAWS(t *testing.T) {
	t.Parallel()
	told := ""
	operator{}.run(t, func(_ context.Context, region, profile string) (aws.Config, error) {
		told = region + " " + profile
		return aws.Config{}, nil
	}, "url", "-region", "eu-west-1", "-profile", "ads").expect(t, 1, "AWS_REGION")
	if told != "eu-west-1 ads" {
		t.Errorf("told %q", told)
	}
	operator{}.run(t, func(context.Context, string, string) (aws.Config, error) {
		return aws.Config{}, errors.New("no such profile")
	}, "url").expect(t, 1, "no such profile")
}

func TestURL(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	if got := a.run(operator{}, "url"); got.out != a.URL+"/webhook\n" || got.code != 0 {
		t.Errorf("%+v", got)
	}
	delete(a.outputs, "Url")
	a.run(operator{}, "url").expect(t, 0, "https://abc.lambda-url.eu-central-1.on.aws/")
	delete(a.functions, "FulfillFunction8B7E2A10")
	a.run(operator{}, "url").expect(t, 1, "without this part: function fulfill")
	delete(a.outputs, "LedgerTable")
	a.run(operator{}, "url").expect(t, 1, "without this output: LedgerTable")
	a.run(operator{}, "url", "-name", "staging").expect(t, 1, "masterhand-staging: no such stack")
}

// What is wrong with a line is told by whoever knows no AWS, too.
func TestArgumentsGoBeforeAWS(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"requests -outcome nonsense":       "-outcome must be",
		"requests -limit 0":                "-limit must be",
		"explain HRT-1212-2 en movie 9x16": "kind",
		"upload /nope":                     "/nope",
		"upload . -parallel 0":             "-parallel",
		"coverage -days 99":                "-days",
		"logs -function widget":            "-function",
		"secret":                           "name one destination",
		"secret-drop acme":                 "last four",
		"intake list -state lost":          "-state",
		"intake url nobody":                "name one sender",
		"intake replay":                    "name records",
		"redrive cellar":                   "QUEUE",
		"connect":                          "name one bucket",
		"destroy now":                      "none are taken",
		"reindex -status -restart":         "-status",
		"intake verifier posternity -header X -own secret": "-own",
	} {
		got := operator{}.run(t, func(context.Context, string, string) (aws.Config, error) {
			t.Errorf("%s: asked for AWS", line)
			return aws.Config{}, nil
		}, strings.Fields(line)...)
		if got.code == 0 {
			t.Errorf("%s: exit code 0", line)
		}
		got.expect(t, got.code, says)
	}
	for _, line := range []string{"requests", "logs", "upload .", "connect films", "destroy", "intake tokens"} {
		operator{}.run(t, func(context.Context, string, string) (aws.Config, error) { return aws.Config{}, nil },
			strings.Fields(line)...).expect(t, 1, "no AWS region")
	}
}

// Whatever is pasted in the wrong place is not shown once more.
func TestNothingRefusedIsRepeated(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"intake token hoox -own=" + newSecret, "intake token hoox -own " + newSecret, "intake url hoox -show-token=" + newSecret,
		"intake url " + newSecret, "intake verifier posternity -replace=" + newSecret, "intake list -since " + newSecret,
		"secret acme -callback-host https://" + newSecret, "secret acme -scheme " + newSecret, "requests -limit " + newSecret,
		"secret-drop acme 0ld1 " + newSecret, "coverage -days https://" + newSecret,
	} {
		got := newAccount(t).run(operator{}, strings.Fields(line)...)
		got.expect(t, 2, "wrong arguments")
		got.quiet(t, newSecret)
	}
	for _, line := range []string{newSecret, "intake " + newSecret, newSecret + " acme"} {
		got := newAccount(t).run(operator{}, strings.Fields(line)...)
		got.expect(t, 2, "unknown command")
		got.quiet(t, newSecret, newSecret[:20])
	}
}

func TestReplayHasNoAgeUnlessTold(t *testing.T) {
	t.Parallel()
	got := newAccount(t).run(operator{}, "intake", "replay", "-h")
	got.expect(t, 0, "must be told with -sender")
	got.quiet(t, "168h", "default 7d", "default 0s")
	newAccount(t).run(operator{}, "intake", "list", "-h").expect(t, 0, "(default 7d)")
	newAccount(t).run(operator{}, "logs", "-h").expect(t, 0, "(default 10m)")
}

// Without credentials, or with a region that is none, the first words say what to do.
func TestNoWayToAWS(t *testing.T) {
	t.Parallel()
	config := aws.Config{Region: "zz-nope-1", RetryMaxAttempts: 1, HTTPClient: wire{func(*http.Request) error {
		return &net.DNSError{Err: "no such host", Name: "cloudformation.zz-nope-1.amazonaws.com", IsNotFound: true}
	}}}
	load := func(context.Context, string, string) (aws.Config, error) { return config, nil }
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("a chain of reasons")
	})
	operator{}.run(t, load, "requests").expect(t, 1, "ops requests: no AWS credentials: set AWS_PROFILE", "-profile", "-to", "(a chain of reasons)")
	config.Credentials = credentials.NewStaticCredentialsProvider("AKID", "secret", "")
	got := operator{}.run(t, load, "requests")
	got.expect(t, 1, "ops requests: no such region: zz-nope-1", "no such host")
	got.quiet(t, "operation error")
}

func newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}
