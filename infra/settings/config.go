// Package settings says how one deployment is set up: which settings there are, what their values
// must be, and what is wrong with given ones. It needs no CDK, so that the CDK app and the
// operator's command read settings by the same rules.
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

// Config is what one deployment is told: by its environment's file, and by CDK's context, which is
// -c key=value on the command line, or "context" in cdk.json. What is not told is as in [Defaults].
type Config struct {
	Name       string // of this environment, several of which may share an account
	Keep       bool   // deleting the stack leaves masters, ledger, secret and logs
	AlarmEmail string // who is told of alarms; "" nobody, until they subscribe to the topic

	MastersBucket string // existing bucket with the masters; "" makes one
	MastersKeyARN string // KMS key of that bucket; "" where it has none

	// NoncurrentDays is after how many days S3 deletes what was overwritten or deleted in a bucket
	// that the stack makes; 0 keeps it for ever.
	NoncurrentDays int

	NotifyEmail string            // address that gets notices of failed builds, jobs and screenshots; "": only subscribers of the topic get them
	Passed      map[string]string // variables of the settings that the functions read by themselves
	onlyLibrary bool              // the one in passed comes from settings of its own, see [ofDefault]

	LogDays     int // how long logs are kept, in days
	Concurrency int // executions of fulfill reserved and at most; 0 shares the account's

	IntakeConcurrency int // the same of intake

	Parallel     map[string]int // calls at a time of a queue, by its name
	SpreadLedger bool           // the ledger's index keys are written in shards
	Doors        doors.Settings // the queue and the bucket that events come in by, beside the URL; none unless told

	record Record // what was told
}

// Defaults returns the settings of a deployment that is told nothing.
func Defaults() Config {
	return Config{Name: "production", Keep: true, LogDays: 30, Passed: map[string]string{}, Parallel: map[string]int{}}
}

// setting is one key of the context.
type setting struct {
	help string // what a value is; completes "must be …"
	set  func(c *Config, text string) bool
}

// The grammars of what AWS names.
var (
	environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)
	keyARN          = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	email           = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// logRetention lists the days that CloudWatch Logs can keep logs for.
var logRetention = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// ofStack are the settings that the stack itself goes by, by their keys.
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
	"logDays": {"a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, … 3653",
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
	"doors": {`an object such as {"queue": {"destination": "ads"}, "bucket": {"destination": "ads"}}, with one of both doors or both`,
		func(c *Config, s string) (ok bool) {
			var err error
			c.Doors, err = doors.ParseSettings(s)
			return err == nil
		}},
	"spreadLedger": {"true or false", func(c *Config, s string) bool { return parseBool(s, &c.SpreadLedger) }},
	"notifyEmail": {"an email address",
		func(c *Config, s string) bool { c.NotifyEmail = s; return email.MatchString(s) }},
}

// removed says of settings of earlier versions what to do.
var removed = map[string]string{
	"gradual": "a deployment moves all calls to the new version at once; leave it out",
}

// Load reads the settings of one environment: those of its file, which is in [Folder] of the
// project's folder root, under those of CDK's context. A value in the context replaces the file's.
// The error joins one line for each mistake, unknown keys included: a slip in a key's name must not
// pass as its default.
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

// reading is one reading of settings, with what is wrong with them.
type reading struct {
	told     map[string]given
	problems []error
}

// given is the value of a setting.
type given struct {
	value any
	at    string // file and line, which go before what is said of the setting; "" is the context
}

// problem reports what is wrong with a setting, or with an element of it as in "codes[0]".
func (r *reading) problem(key, wrong string, a ...any) {
	setting := key
	if end := strings.IndexAny(key, "[."); end > 0 {
		setting = key[:end]
	}
	r.problems = append(r.problems, fmt.Errorf("%s%s: %s", r.told[setting].at, key, fmt.Sprintf(wrong, a...)))
}

// config reads what is told.
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
			r.problem(key, "is no setting any more: %s", removed[key])
		case !slices.Contains(Names(), key):
			r.problem(key, "no such setting; there are %s", strings.Join(Names(), ", "))
		case value == nil:
			r.problem(key, "must not be null; leave it out for its default")
		case variable != "":
			if c.Passed[variable] = asVariable(key, text); c.Passed[variable] == "" {
				r.problem(key, "empty; leave it out for its default")
			}
		case known && !s.set(&c, text):
			r.problem(key, "must be %s, and is %q", s.help, text)
		}
	}
	r.objections(c)
	if c.MastersKeyARN != "" && c.MastersBucket == "" {
		r.problem("mastersKeyArn", "needs mastersBucket, the bucket whose key it is")
	}
	if c.NoncurrentDays != 0 && c.MastersBucket != "" {
		r.problem("noncurrentDays", "is for the bucket that the stack makes; give mastersBucket a lifecycle rule of its own")
	}
	c.record = r.record(c)
	return c
}

// asText is a value as the command line would give it: cdk.json may have a number, a list
// or an object.
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

// ofCDK tells keys of CDK itself: its feature flags, its look-ups, and what its commands
// "acknowledge", "cli-telemetry" and "migrate" write into cdk.json and cdk.context.json.
func ofCDK(key string) bool {
	return strings.ContainsAny(key, "@:/") || slices.Contains([]string{"acknowledged-issue-numbers", "cli-telemetry", "cdk-migrate"}, key)
}

// Names returns the keys of all settings, in order.
func Names() []string {
	all := slices.Concat(slices.Collect(maps.Keys(ofStack)), slices.Collect(maps.Keys(passed)), slices.Collect(maps.Keys(ofDefault)))
	slices.Sort(all)
	return all
}

// parseBool takes just the two words: "1" or "yes" may be a slip.
func parseBool(text string, to *bool) bool {
	*to = text == "true"
	return text == "true" || text == "false"
}

func parseInt(text string, to *int) bool {
	var err error
	*to, err = strconv.Atoi(text)
	return err == nil
}

// reservation is what a number of executions set aside must be.
const reservation = "a number from 1 to 1000, or left out for no reservation"

// parseReserved reads how many executions are set aside for a function. Lambda refuses to
// set aside the last 100 of an account's: one whose quota is 10, as new ones have it, can
// reserve none.
func parseReserved(text string, to *int) bool { return parseInt(text, to) && *to >= 1 && *to <= 1000 }

// parallelCalls is what a queue's number of calls at a time must be.
const parallelCalls = "a number from 2 to 1000, or left out for 2"

// LeastParallel is how many calls at a time a queue makes unless a setting says more. It is the
// least that Lambda allows: a new account runs ten in all, most of which the requests must have.
// Source: "Configuring scaling behavior for SQS event source mappings" in Lambda's developer guide.
const LeastParallel = 2

// parallelOf reads how many calls at a time a queue makes. Source: MaximumConcurrency in Lambda's
// API reference.
func parallelOf(queue string) func(c *Config, text string) bool {
	return func(c *Config, text string) bool {
		var n int
		ok := parseInt(text, &n) && n >= LeastParallel && n <= 1000
		c.Parallel[queue] = n
		return ok
	}
}

// StackName is the deployment's name in CloudFormation, and begins the names of what
// people look for.
func (c Config) StackName() string { return "masterhand-" + c.Name }
