package main

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
)

// config is what one deployment is told by CDK's context: -c key=value on the command
// line, or "context" in cdk.json. What is not told is as in [defaults].
type config struct {
	name       string // of this environment, several of which may share an account
	keep       bool   // deleting the stack leaves masters, ledger, secret and logs
	alarmEmail string // who is told of alarms; "" nobody, until they subscribe to the topic

	mastersBucket string // existing bucket with the masters; "" makes one
	mastersKeyARN string // KMS key of that bucket; "" where it has none

	notifyEmail string            // address that gets notices of failed builds, jobs and screenshots; "": only subscribers of the topic get them
	passed      map[string]string // variables of the settings that the functions read by themselves
	onlyLibrary bool              // the one in passed comes from settings of its own, see [ofDefault]

	logDays     int // how long logs are kept, in days
	concurrency int // executions of fulfill reserved and at most; 0 shares the account's

	intakeConcurrency int // the same of intake

	parallel     map[string]int // calls at a time of a queue, by its name
	spreadLedger bool           // the ledger's index keys are written in shards
}

func defaults() config {
	return config{name: "production", keep: true, logDays: 30, passed: map[string]string{}, parallel: map[string]int{}}
}

// setting is one key of the context.
type setting struct {
	help string // what a value is; completes "must be …"
	set  func(c *config, text string) bool
}

// The grammars of what AWS names.
var (
	environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)
	keyARN          = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	email           = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// logRetention lists the days that CloudWatch Logs can keep logs for.
var logRetention = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// settings are the keys that the context may hold, with those of [passed].
var settings = map[string]setting{
	"name": {"1 to 30 letters a to z, digits and hyphens, a letter first",
		func(c *config, s string) bool { c.name = s; return environmentName.MatchString(s) }},
	"keep": {"true or false", func(c *config, s string) bool { return parseBool(s, &c.keep) }},
	"alarmEmail": {"an email address",
		func(c *config, s string) bool { c.alarmEmail = s; return email.MatchString(s) }},
	"mastersBucket": {"the name of an S3 bucket, without s3://",
		func(c *config, s string) bool { c.mastersBucket = s; return variables.Bucket.Valid(s) }},
	"mastersKeyArn": {"the ARN of a KMS key, arn:aws:kms:…:key/…",
		func(c *config, s string) bool { c.mastersKeyARN = s; return keyARN.MatchString(s) }},
	"logDays": {"a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, … 3653",
		func(c *config, s string) bool {
			return parseInt(s, &c.logDays) && slices.Contains(logRetention, c.logDays)
		}},
	"concurrency": {reservation, func(c *config, s string) bool { return parseReserved(s, &c.concurrency) }},
	"intakeConcurrency": {reservation,
		func(c *config, s string) bool { return parseReserved(s, &c.intakeConcurrency) }},
	"indexConcurrency":   {parallelCalls, parallelOf("Index")},
	"reindexConcurrency": {parallelCalls, parallelOf("Reindex")},
	"finishConcurrency":  {parallelCalls, parallelOf("Finish")},
	"collectConcurrency": {parallelCalls, parallelOf("Collect")},
	"spreadLedger":       {"true or false", func(c *config, s string) bool { return parseBool(s, &c.spreadLedger) }},
	"notifyEmail": {"an email address",
		func(c *config, s string) bool { c.notifyEmail = s; return email.MatchString(s) }},
}

// removed says of settings of earlier versions what to do.
var removed = map[string]string{
	"gradual": "a deployment moves all calls to the new version at once; leave it out",
}

// load reads the context. The error joins one line for each mistake, unknown keys
// included: a slip in a key's name must not pass as its default.
func load(told map[string]any) (config, error) {
	c := defaults()
	only, problems := defaultLibrary(told)
	if only != "" {
		c.passed[names.Libraries], c.onlyLibrary = only, true
	}
	for _, key := range slices.Sorted(maps.Keys(told)) {
		text := asText(told[key])
		s, known := settings[key]
		switch variable := passed[key]; {
		case ofCDK(key), ofDefault[key] != nil:
		case variable != "":
			if c.passed[variable] = asVariable(key, text); c.passed[variable] == "" {
				problems = append(problems, fmt.Errorf("%s: empty; leave it out for its default", key))
			}
		case removed[key] != "":
			problems = append(problems, fmt.Errorf("%s: is no setting any more: %s", key, removed[key]))
		case !known:
			problems = append(problems, fmt.Errorf("%s: no such setting; there are %s", key, settingNames()))
		case !s.set(&c, text):
			problems = append(problems, fmt.Errorf("%s: must be %s, and is %q", key, s.help, text))
		}
	}
	problems = append(problems, c.objections()...)
	if c.mastersKeyARN != "" && c.mastersBucket == "" {
		problems = append(problems, errors.New("mastersKeyArn: needs mastersBucket, the bucket whose key it is"))
	}
	if len(problems) > 0 {
		return config{}, errors.Join(problems...)
	}
	return c, nil
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

// ofCDK tells keys of CDK itself: feature flags and what its command puts there.
func ofCDK(key string) bool { return strings.ContainsAny(key, "@:/") }

func settingNames() string {
	all := slices.Concat(slices.Collect(maps.Keys(settings)), slices.Collect(maps.Keys(passed)), slices.Collect(maps.Keys(ofDefault)))
	slices.Sort(all)
	return strings.Join(all, ", ")
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

// parallelOf reads how many calls at a time a queue makes. Source: MaximumConcurrency in Lambda's
// API reference.
func parallelOf(queue string) func(c *config, text string) bool {
	return func(c *config, text string) bool {
		var n int
		ok := parseInt(text, &n) && n >= leastParallel && n <= 1000
		c.parallel[queue] = n
		return ok
	}
}

// stackName is the deployment's name in CloudFormation, and begins the names of what
// people look for.
func (c config) stackName() string { return "masterhand-" + c.name }
