package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/cobra"

	"masterhand/shared/announcements/intake"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":          {nil, 2, "expected a command"},
		"all, for nothing": {nil, 2, "secret-drop"},
		"help":             {[]string{"help"}, 0, "smoke "},
		"help of one":      {[]string{"help", "intake", "list"}, 0, "masterhand intake list [flags]"},
		"unknown":          {[]string{"help", "intake", "reboot"}, 2, "unknown command reboot"},
		"named":            {[]string{"reboot"}, 2, "unknown command reboot\n"},
		"misspelt":         {[]string{"requets", "--name", "staging"}, 2, "unknown command requets; did you mean requests?\n"},
		"half misspelt":    {[]string{"intake", "lst"}, 2, "unknown command lst; did you mean list?\n"},
		"a family":         {[]string{"intake"}, 2, "show "},
		"of a family":      {[]string{"intake", "-h"}, 0, "list "},
		"not of a family":  {[]string{"intake", "reboot"}, 2, "unknown command reboot"},
		"no family":        {[]string{"secret", "-h"}, 0, "masterhand secret DEST [flags]"},
		"no intake":        {[]string{"intake", "list"}, 1, "cannot receive announcements"},
		"no age":           {[]string{"intake", "list", "--since", "91d"}, 2, "at most 90d"},
		"none at all":      {[]string{"intake", "list", "--since", "0h"}, 2, "at most 90d"},
		"no days":          {[]string{"intake", "list", "--since", "xd"}, 2, "at most 90d"},
		"no such flag":     {[]string{"--foo", "requests"}, 2, "arguments: unknown flag --foo\n"},
		"of no subcommand": {[]string{"intake", "--foo", "list"}, 2, "arguments: unknown flag --foo\n"},
		"only a flag":      {[]string{"--name", "staging"}, 2, "expected a command"},
		"far from all":     {[]string{"help", "frob"}, 2, "unknown command frob\n"},
		"unknown flag":     {[]string{"url", "--fast"}, 2, "--fast"},
		"one dash":         {[]string{"url", "-name", "staging"}, 2, "unknown flag -name: write --name\n"},
		"no value":         {[]string{"url", "--name"}, 2, "--name needs a value"},
		"too many":         {[]string{"url", "here"}, 2, "expected no arguments, got 1"},
		"no destination":   {[]string{"secret"}, 2, "expected exactly one destination"},
		"no such state":    {[]string{"requests", "--outcome", "lost"}, 2, "fulfilled_elsewhere"},
		"no such day":      {[]string{"requests", "--day", "today"}, 2, "2026-11-21"},
		"no such log":      {[]string{"logs", "--function", "gadget"}, 2, "fulfill, finish, index, intake, collect, receive, widget"},
		"no limit":         {[]string{"requests", "--limit", "0"}, 2, "at least 1"},
		"two codes":        {[]string{"coverage", "HRT", "ABC"}, 2, "at most one CODE"},
		"two forms":        {[]string{"coverage", "--csv", "--json"}, 2, "--csv or --json"},
		"many days":        {[]string{"coverage", "--days", "99"}, 2, "arguments: --days must be 0 to 31\n"},
		"no days at all":   {[]string{"coverage", "--days", "x"}, 2, "--days must be a number\n"},
		"no span":          {[]string{"logs", "--since", "3x"}, 2, "--since must be a time span such as 36h or 7d"},
		"no switch":        {[]string{"coverage", "--csv=x"}, 2, "--csv must have no value"},
		"no pace":          {[]string{"reindex", "--every", "x"}, 2, "--every must be a time span such as 10m"},
		"no folder":        {[]string{"upload"}, 2, "expected one folder"},
		"many at once":     {[]string{"upload", ".", "--parallel", "99"}, 2, "arguments: --parallel must be 1 to 32\n"},
		"above":            {[]string{"upload", ".", "--under", "a/../../b"}, 2, "without .."},
		"absolute":         {[]string{"upload", ".", "--under", "/a"}, 2, "without a leading slash"},
		"no queue":         {[]string{"redrive", "cellar"}, 2, "QUEUE must be one of index, reindex"},
		"many letters":     {[]string{"redrive", "--limit", "10001"}, 2, "arguments: --limit must be 1 to 10,000\n"},
		"cannot ask":       {[]string{"upload", ".", "--json"}, 2, "--json asks no questions: give --yes"},
		"nothing taken":    {[]string{"unplaced", "HRT"}, 2, "expected no arguments"},
		"no dead letters":  {[]string{"redrive"}, 1, "the stack lacks an output: deploy the present version (missing: IndexQueueUrl)"},
		"no file":          {[]string{"url", "--local=absent.json"}, 1, "absent.json"},
		"not the line":     {[]string{"url", "--local=main.go"}, 1, "up --json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newAccount(t).run(operator{}, c.args...).expect(t, c.code, c.says)
		})
	}
}

// tree returns all commands of masterhand that have no subcommands, by their full names.
func tree() map[string]*cobra.Command {
	found := map[string]*cobra.Command{}
	var walk func(c *cobra.Command, name string)
	walk = func(c *cobra.Command, name string) {
		for _, sub := range c.Commands() {
			walk(sub, strings.TrimSpace(name+" "+sub.Name()))
		}
		if !c.HasSubCommands() {
			found[name] = c
		}
	}
	walk(newRoot(&session{}), "")
	return found
}

func TestEveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for name, c := range tree() {
		said := a.run(operator{}, append(strings.Fields(name), "-h")...)
		said.expect(t, 0, "Usage:\n  masterhand "+name, c.Example, "-h, --help")
		if c.Example == "" || c.Short == "" || len(c.Short) > 66 {
			t.Errorf("%s: no example, or no short help of at most 66 letters", name)
		}
		said.quiet(t, " \n")
		for line := range strings.Lines(said.out) {
			wide(t, name, line)
		}
	}
	if len(a.calls) > 0 {
		t.Errorf("help asked AWS: %v", a.calls)
	}
}

// wide fails the test if a line of help text is wider than 80 columns. name is the command.
func wide(t *testing.T, name, line string) {
	t.Helper()
	line = strings.TrimRight(strings.ReplaceAll(line, program(), "./masterhand"), "\n")
	if n := utf8.RuneCountInString(line); n > 80 {
		t.Errorf("%s: %d wide: %s", name, n, line)
	}
}

func TestEveryCommandIsUnderAHeading(t *testing.T) {
	t.Parallel()
	out := newAccount(t).run(operator{}, "--help").out
	for _, title := range []string{"Requests:", "Library:", "Announcements:", "Secrets:", "Deployment:"} {
		if !strings.Contains(out, "\n"+title+"\n") {
			t.Errorf("no heading %s in\n%s", title, out)
		}
	}
	for line := range strings.Lines(out) {
		wide(t, "", line)
	}
}

// Each command that shows data has the flag --json, except "page", which prints HTML, and
// "version". A command without --json changes something.
func TestEveryCommandThatShowsDataHasJSON(t *testing.T) {
	t.Parallel()
	for name, c := range tree() {
		changes := slices.Contains([]string{"secret", "secret-drop", "intake token", "intake token-drop", "intake verifier", "destroy", "man", "help", "page", "version"}, name)
		if (c.Flags().Lookup("json") == nil) != changes {
			t.Errorf("%s: --json is missing, or it is not", name)
		}
	}
	a := holding(t, newSecret, oldSecret)
	a.outputs["IntakeUrl"], a.outputs["IntakeSecret"] = a.URL+"/announced/", "arn:aws:secretsmanager:eu-central-1:000000000000:secret:Senders-AbCdEf"
	a.senders = `{"hoox":{"tokens":["` + oldToken + `"]}}`
	a.points[owned{"acme", "1ew2"}] = []point{{noon.Add(-90 * time.Second), 3}}
	a.webhook = a.fulfil
	a.announced = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
	for line, want := range map[string]string{
		"url":             `{"url":"` + a.URL + `/webhook"}`,
		"secrets":         `{"destination":"acme","scheme":"outpost","library":"default","secret":"1ew2","last_matched":"2026-11-21T11:58:30Z","last_matched_known":true}`,
		"intake tokens":   `{"sender":"hoox","token":"` + intake.TokenHint(oldToken) + `","last_matched_known":true}`,
		"intake url hoox": `"token_shown":false`,
		"smoke":           `{"check":"object events","detail":"EventBridge is on for bucket films","result":"ok"}`,
	} {
		got := a.run(operator{}, strings.Fields(line+" --json")...)
		if !strings.Contains(got.out, want) {
			t.Errorf("%s: no %s in\n%s", line, want, got.all())
		}
		got.quiet(t, oldToken, newSecret, oldSecret)
		for text := range strings.Lines(got.out) {
			var object map[string]any
			if err := json.Unmarshal([]byte(text), &object); err != nil {
				t.Errorf("%s: %q is no object on a line: %v", line, text, err)
			}
		}
	}
}

func TestFlagsMayComeAnywhere(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"--name staging secret-drop a b", "secret-drop --name staging a b", "secret-drop a --name staging b", "secret-drop a b --name=staging", "secret-drop --name staging -- a b",
	} {
		newAccount(t).run(operator{}, strings.Fields(args)...).expect(t, 1, "masterhand-staging: no such stack")
	}
	newAccount(t).run(operator{}, "secret-drop", "a", "--", "--name").expect(t, 1, "no such destination")
}

func TestManPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newAccount(t).run(operator{}, "man", dir).expect(t, 0)
	for _, page := range []string{"masterhand.1", "masterhand-intake-list.1", "masterhand-explain.1"} {
		if _, err := os.Stat(filepath.Join(dir, page)); err != nil {
			t.Error(err)
		}
	}
}

func TestCompletionKnowsTheValuesOfAFlag(t *testing.T) {
	t.Parallel()
	newAccount(t).run(operator{}, "__complete", "requests", "--outcome", "deli").expect(t, 0, "delivered\n")
	newAccount(t).run(operator{}, "__complete", "intake", "show", "ho").expect(t, 0, "hoox\n")
	newAccount(t).run(operator{}, "completion", "bash").expect(t, 0, "masterhand")
}

func TestConfigurationOfAWS(t *testing.T) {
	t.Parallel()
	told := ""
	operator{}.run(t, func(_ context.Context, region, profile string) (aws.Config, error) {
		told = region + " " + profile
		return aws.Config{}, nil
	}, "url", "--region", "eu-west-1", "--profile", "ads").expect(t, 1, "AWS_REGION")
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
	a.run(operator{}, "url").expect(t, 1, "the stack lacks a function: deploy the present version (missing: fulfill)")
	delete(a.outputs, "LedgerTable")
	a.run(operator{}, "url").expect(t, 1, "(missing: LedgerTable)")
	a.run(operator{}, "url", "--name", "staging").expect(t, 1, "masterhand-staging: no such stack")
}

// Wrong arguments are reported before AWS is called, even if AWS cannot be reached.
func TestArgumentsAreCheckedBeforeAWSIsCalled(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"requests --outcome nonsense":      "--outcome must be",
		"requests --limit 0":               "--limit must be",
		"explain HRT-1212-2 en movie 9x16": "kind",
		"upload /nope":                     "/nope",
		"upload . --parallel 0":            "--parallel",
		"coverage --days 99":               "--days",
		"logs --function gadget":           "--function",
		"secret":                           "expected exactly one destination",
		"secret-drop acme":                 "last four",
		"intake list --state lost":         "--state",
		"intake url nobody":                "SENDER must be one of",
		"intake replay":                    "expected keys of events",
		"redrive cellar":                   "QUEUE",
		"connect":                          "expected one bucket",
		"destroy now":                      "expected no arguments",
		"reindex --status --restart":       "--status",
		"intake verifier posternity --header X --own secret": "--own",
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

// If a secret is pasted in the wrong place of a command line, the error does not repeat the secret.
func TestErrorsNeverRepeatSecrets(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"intake token hoox --codes {{" + newSecret,
		"intake token hoox --own=" + newSecret, "intake token hoox --own " + newSecret, "intake url hoox --show-token=" + newSecret,
		"intake url " + newSecret, "intake verifier posternity --replace=" + newSecret, "intake list --since " + newSecret,
		"secret acme --callback-host https://" + newSecret, "secret acme --scheme " + newSecret, "requests --limit " + newSecret,
		"secret-drop acme 0ld1 " + newSecret, "coverage --days https://" + newSecret,
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

func TestReplaySinceHasNoDefault(t *testing.T) {
	t.Parallel()
	got := newAccount(t).run(operator{}, "intake", "replay", "-h")
	got.expect(t, 0, "or 7d; --sender needs it")
	got.quiet(t, "168h", "default 7d", "default 0s")
	newAccount(t).run(operator{}, "intake", "list", "-h").expect(t, 0, "(default 7d)")
	newAccount(t).run(operator{}, "logs", "-h").expect(t, 0, "(default 10m)")
}

// If there are no credentials or the region is unknown, the error begins with what to do.
func TestErrorsAboutCredentialsAndRegionSayWhatToDo(t *testing.T) {
	t.Parallel()
	config := aws.Config{Region: "zz-nope-1", RetryMaxAttempts: 1, HTTPClient: wire{func(*http.Request) error {
		return &net.DNSError{Err: "no such host", Name: "cloudformation.zz-nope-1.amazonaws.com", IsNotFound: true}
	}}}
	load := func(context.Context, string, string) (aws.Config, error) { return config, nil }
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("a chain of reasons")
	})
	operator{}.run(t, load, "requests").expect(t, 1, "masterhand requests: no AWS credentials: set AWS_PROFILE", "--profile", "--local", "(a chain of reasons)")
	config.Credentials = credentials.NewStaticCredentialsProvider("AKID", "secret", "")
	got := operator{}.run(t, load, "requests")
	got.expect(t, 1, "masterhand requests: no such AWS region: zz-nope-1", "no such host")
	got.quiet(t, "operation error")
}
