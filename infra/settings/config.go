// Package settings defines the settings of a deployment and checks their values. It does not
// depend on CDK, so that the CDK app and the operator's command apply the same rules.
//
// Invariant: an unknown setting is an error, and all mistakes are reported at once.
//
//	c, err := settings.Load(".", map[string]any{"name": "staging", "logDays": 90})
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/request/doors"
)

// Config holds the settings of one deployment. They come from the environment's file and from
// CDK's context: -c key=value on the command line, or "context" in cdk.json. Other settings have
// the values of [Defaults].
type Config struct {
	Name string // the environment's name; an account may have several environments
	Keep bool   // reports whether masters, ledger, secrets and logs stay when the stack is deleted
	// the email address that receives alarms; "" for none; other people can subscribe to the
	// alarms' SNS topic themselves
	AlarmEmail string

	MastersBucket string // the name of an existing bucket of masters; if "", the stack makes a bucket
	MastersKeyARN string // the ARN of the KMS key of the bucket MastersBucket; "" if it has none

	// NoncurrentDays is the number of days after which S3 deletes overwritten and deleted versions in
	// a bucket that the stack makes; 0 keeps them.
	NoncurrentDays int

	NotifyEmail string // the email address that receives notices of failed builds, jobs and screenshots; "" for none
	// the settings that the functions read themselves: each value by the name of its environment
	// variable
	Passed map[string]string
	// whether the deployment has one library that is described by single settings, such as "codes",
	// and not by a list of libraries; see [ofDefault]
	onlyLibrary bool

	LogDays int // the number of days until logs are deleted
	// the number of executions reserved for the function fulfill, also its maximum; 0 means that it
	// uses the account's shared executions
	Concurrency int

	// the number of executions reserved for the function intake, also its maximum; 0 means that it
	// uses the account's shared executions
	IntakeConcurrency int

	Parallel     map[string]int // the number of concurrent function calls for each queue, by the queue's name
	SpreadLedger bool           // whether the ledger spreads the keys of its indexes over several shards
	Doors        doors.Settings // the queue and the bucket that receive the platform's events in addition to the function URL; none by default

	record Record // the settings that the deployment sets, without defaults
}

// Defaults returns the settings of a deployment that sets nothing.
func Defaults() Config {
	return Config{Name: "production", Keep: true, LogDays: 30, Passed: map[string]string{}, Parallel: map[string]int{}}
}

// setting describes one setting of the stack.
type setting struct {
	help string // describes the valid values; in an error, this text follows "must be"
	set  func(c *Config, text string) bool
}

// The valid forms of an environment's name, of the ARN of a KMS key, and of an email address.
var (
	environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)
	keyARN          = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	email           = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// logRetention lists the retention times that CloudWatch Logs accepts, in days.
var logRetention = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// ofStack holds the settings that the stack itself uses, by name.
var ofStack = map[string]setting{
	"name": {"1 to 30 letters a to z, digits and hyphens, a letter first",
		func(c *Config, s string) bool { c.Name = s; return environmentName.MatchString(s) }},
	"keep": {"true or false", func(c *Config, s string) bool { return parseBool(s, &c.Keep) }},
	"alarmEmail": {"an email address",
		func(c *Config, s string) bool { c.AlarmEmail = s; return email.MatchString(s) }},
	"mastersBucket": {"the name of an S3 bucket, without s3://",
		func(c *Config, s string) bool { c.MastersBucket = s; return variables.Bucket.Valid(s) }},
	"mastersKeyArn": {"the ARN of a KMS key, arn:aws:kms:…:key/…",
		func(c *Config, s string) bool { c.MastersKeyARN = s; return keyARN.MatchString(s) }},
	"noncurrentDays": {"a number of days from 1 to 36500, or left out to keep all versions",
		func(c *Config, s string) bool {
			return parseInt(s, &c.NoncurrentDays) && c.NoncurrentDays >= 1 && c.NoncurrentDays <= 36500
		}},
	"logDays": {"a number of days that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653",
		func(c *Config, s string) bool {
			return parseInt(s, &c.LogDays) && slices.Contains(logRetention, c.LogDays)
		}},
	"concurrency": {reservation, func(c *Config, s string) bool { return parseReserved(s, &c.Concurrency) }},
	"intakeConcurrency": {reservation,
		func(c *Config, s string) bool { return parseReserved(s, &c.IntakeConcurrency) }},
	"indexConcurrency":   {parallelCalls, parallelOf("Index")},
	"reindexConcurrency": {parallelCalls, parallelOf("Reindex")},
	"finishConcurrency":  {parallelCalls, parallelOf("Finish")},
	"collectConcurrency": {parallelCalls, parallelOf("Collect")},
	"receiveConcurrency": {parallelCalls, func(c *Config, s string) bool {
		return parallelOf("Door")(c, s) && parallelOf("DoorEvents")(c, s)
	}},
	"doors": {`an object such as {"queue": {"destination": "ads"}, "bucket": {"destination": "ads"}}, with one or both of the doors`,
		func(c *Config, s string) (ok bool) {
			var err error
			c.Doors, err = doors.ParseSettings(s)
			return err == nil
		}},
	"spreadLedger": {"true or false", func(c *Config, s string) bool { return parseBool(s, &c.SpreadLedger) }},
	"notifyEmail": {"an email address",
		func(c *Config, s string) bool { c.NotifyEmail = s; return email.MatchString(s) }},
}

// removed holds the settings that existed only in earlier versions, each with advice for the
// operator.
var removed = map[string]string{
	"gradual": "a deployment moves all calls to the new version at once; leave it out",
}

// Load reads the settings of one environment: first from the environment's file in the folder
// [Folder] of the project, then from CDK's context, which overrides the file. The parameter root is
// the project's folder. The error has a line for each mistake. An unknown setting is a mistake,
// because it may be a misspelt name.
func Load(root string, context map[string]any) (Config, error) {
	name := Defaults().Name
	if value, is := context["name"]; is {
		name = asText(value)
	}
	r := reading{told: map[string]given{}}
	r.file(root, name)
	for key, value := range context {
		if !ofCDK(key) {
			r.told[key] = given{value: value}
		}
	}
	c := r.config()
	if len(r.problems) > 0 {
		return Config{}, errors.Join(r.problems...)
	}
	return c, nil
}

// reading holds the settings that Load has read so far, and the mistakes that it found in them.
type reading struct {
	told     map[string]given
	problems []error
}

// given is a setting's value, together with the place where the value is set.
type given struct {
	value any
	// file and line of the setting; an error about the setting begins with them; "" if the setting
	// comes from CDK's context
	at string
}

// problem records a mistake in a setting, or in an element of a setting such as "codes[0]".
func (r *reading) problem(key, wrong string, a ...any) {
	setting := key
	if end := strings.IndexAny(key, "[."); end > 0 {
		setting = key[:end]
	}
	r.problems = append(r.problems, fmt.Errorf("%s%s: %s", r.told[setting].at, key, fmt.Sprintf(wrong, a...)))
}

// config checks the settings and returns them as a Config.
func (r *reading) config() Config {
	c := Defaults()
	if only := r.onlyLibrary(); only != "" {
		c.Passed[names.Libraries], c.onlyLibrary = only, true
	}
	for _, key := range slices.Sorted(maps.Keys(r.told)) {
		value := r.told[key].value
		text := asText(value)
		s, known := ofStack[key]
		switch variable := passed[key]; {
		case removed[key] != "":
			r.problem(key, "is no longer a setting: %s", removed[key])
		case !slices.Contains(Names(), key):
			r.problem(key, "unknown setting; the settings are %s", strings.Join(Names(), ", "))
		case value == nil:
			r.problem(key, "must not be null; leave it out for its default")
		case variable != "":
			if c.Passed[variable] = asVariable(key, text); c.Passed[variable] == "" {
				r.problem(key, "must not be empty; leave it out for its default")
			}
		case known && !s.set(&c, text):
			r.problem(key, "must be %s (got %q)", s.help, text)
		}
	}
	r.objections(c)
	if c.MastersKeyARN != "" && c.MastersBucket == "" {
		r.problem("mastersKeyArn", "needs mastersBucket, the bucket that the key encrypts")
	}
	if c.NoncurrentDays != 0 && c.MastersBucket != "" {
		r.problem("noncurrentDays", "applies only to the bucket that the stack makes; give mastersBucket a lifecycle rule of its own")
	}
	c.record = r.record(c)
	return c
}

// asText returns a setting's value as a person would write it on the command line. In cdk.json the
// value may also be a number, a list or an object.
func asText(value any) string {
	text, isText := value.(string)
	if isText {
		return text
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(encoded)
}

// ofCDK reports whether a context key belongs to CDK: feature flags, look-ups, and the keys that
// its commands "acknowledge", "cli-telemetry" and "migrate" write to cdk.json and
// cdk.context.json.
func ofCDK(key string) bool {
	return strings.ContainsAny(key, "@:/") || slices.Contains([]string{"acknowledged-issue-numbers", "cli-telemetry", "cdk-migrate"}, key)
}

// Names returns the sorted names of all settings.
func Names() []string {
	all := slices.Concat(slices.Collect(maps.Keys(ofStack)), slices.Collect(maps.Keys(passed)), slices.Collect(maps.Keys(ofDefault)))
	slices.Sort(all)
	return all
}

// parseBool accepts only true and false: other words, such as "1" or "yes", may be mistakes.
func parseBool(text string, to *bool) bool {
	*to = text == "true"
	return text == "true" || text == "false"
}

func parseInt(text string, to *int) bool {
	var err error
	*to, err = strconv.Atoi(text)
	return err == nil
}

// reservation describes the valid numbers of executions to reserve. It is part of error messages:
// "must be a number from 1 to 1000, …".
const reservation = "a number from 1 to 1000, or left out for no reservation"

// parseReserved reads the number of executions to reserve for a function. Lambda requires that at
// least 100 of an account's executions stay unreserved. So a new account, with a quota of 10, can
// reserve none.
func parseReserved(text string, to *int) bool { return parseInt(text, to) && *to >= 1 && *to <= 1000 }

// parallelCalls describes the valid numbers of concurrent calls for a queue. It is part of error
// messages: "must be a number from 2 to 1000, …".
const parallelCalls = "a number from 2 to 1000, or left out for 2"

// LeastParallel is the smallest number of concurrent calls that Lambda accepts for a queue. It is
// also the default, because a new account can run only ten executions at a time, and requests need
// most of them. Source: "Configuring scaling behavior for SQS event source mappings" in Lambda's
// developer guide.
const LeastParallel = 2

// parallelOf returns a function that reads the number of concurrent calls for a queue from a
// setting's text. The limits are those of MaximumConcurrency in Lambda's API reference.
func parallelOf(queue string) func(c *Config, text string) bool {
	return func(c *Config, text string) bool {
		var n int
		ok := parseInt(text, &n) && n >= LeastParallel && n <= 1000
		c.Parallel[queue] = n
		return ok
	}
}

// StackName returns the deployment's name in CloudFormation. The names of the dashboard, the
// alarms and the topics begin with it.
func (c Config) StackName() string { return "masterhand-" + c.Name }
