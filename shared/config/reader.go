package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"masterhand/shared/kit/names"
)

// reader reads the environment and collects what is wrong with it.
type reader struct {
	lookup   func(string) (string, bool)
	problems []error
}

func (r *reader) problem(key, wrong, do string) {
	r.problems = append(r.problems, &Problem{Key: key, Wrong: wrong, Do: do})
}

// kind is a sort of value: how to tell one, and what to set instead of none.
type kind struct {
	valid func(string) bool
	do    string
}

// The kinds of value. The grammars are AWS's own for names.
var (
	bucket = kind{regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`).MatchString,
		"set it to the name of an S3 bucket"}
	table = kind{regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`).MatchString,
		"set it to the name of a DynamoDB table"}
	region = kind{regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`).MatchString,
		"set it to an AWS region, the like of eu-central-1"}
	secretID = kind{isSecretID,
		"set it to the name or ARN of the Secrets Manager secret that holds the destinations, not to its content"}
	intakeSecretID = kind{isSecretID,
		"set it to the name or ARN of the Secrets Manager secret that holds the senders' tokens, not to its content"}
	namespace = kind{regexp.MustCompile(`^[A-Za-z0-9_.#/-]{1,255}$`).MatchString,
		"set it to a CloudWatch namespace, the like of masterhand/production, or leave it out"}
	topic = kind{regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`).MatchString,
		"set it to the ARN of an SNS topic, or leave it out"}
	queueURL = kind{isPlainURL,
		"set it to the URL of an SQS queue, https://…"}
	endpoint = kind{isPlainURL,
		"set it to the like of http://127.0.0.1:4566, without user name or query, or leave it out for AWS's own"}
)

var secretGrammar = regexp.MustCompile(`^[A-Za-z0-9/_+=.@:-]+$`)

// isSecretID tells the secret's name from its content, put there by mistake.
func isSecretID(s string) bool {
	return secretGrammar.MatchString(s) && !strings.HasPrefix(s, "whsec_")
}

// isPlainURL accepts web addresses that carry no secret.
func isPlainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(s, " \t\r\n")
}

// need reads a value that must be there. An empty one is as good as none.
func (r *reader) need(key string, k kind) string {
	value, _ := r.lookup(key)
	switch {
	case value == "":
		r.problem(key, "missing", k.do)
	case !k.valid(value):
		r.problem(key, "does not fit", k.do)
	}
	return value
}

// optional reads a value that may be left out.
func (r *reader) optional(key string, k kind) string {
	if value, _ := r.lookup(key); value == "" {
		return ""
	}
	return r.need(key, k)
}

// longest is the longest duration that makes sense for any of the keys: more is a
// slip of the unit.
const longest = time.Hour

func (r *reader) duration(key string, otherwise time.Duration) time.Duration {
	text, _ := r.lookup(key)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longest {
		r.problem(key, "no duration from 0s to 1h", fmt.Sprintf("set it to the like of %v, or leave it out for that", otherwise))
	}
	return d
}

// leastLease leaves its renewals time to be answered.
const leastLease = time.Second

func (r *reader) lease() time.Duration {
	found := len(r.problems)
	d := r.duration(names.Lease, defaultLease)
	if d < leastLease && len(r.problems) == found {
		r.problem(names.Lease, "too short to be renewed", fmt.Sprintf("set it to at least %v, or leave it out for %v", leastLease, defaultLease))
	}
	return d
}

func (r *reader) buckets() (masters, index string) {
	masters, index = r.need(names.MastersBucket, bucket), r.need(names.IndexBucket, bucket)
	if masters != "" && masters == index {
		r.problem(names.IndexBucket, "the same bucket as "+names.MastersBucket,
			"set it to another, or index documents are taken for masters")
	}
	return masters, index
}

func (r *reader) endpoints() Endpoints {
	read := func(key string) string { return strings.TrimRight(r.optional(key, endpoint), "/") }
	return Endpoints{
		S3:             read(names.EndpointS3),
		DynamoDB:       read(names.EndpointDynamoDB),
		SQS:            read(names.EndpointSQS),
		SNS:            read(names.EndpointSNS),
		SecretsManager: read(names.EndpointSecretsManager),
		IdleTimeout:    r.duration(names.IdleTimeout, 0),
	}
}

func (r *reader) allowLoopback() bool {
	text, _ := r.lookup(names.AllowLoopback)
	_, inLambda := r.lookup(names.LambdaInitialization)
	switch {
	case text == "" || text == "false":
		return false
	case text != "true":
		r.problem(names.AllowLoopback, "neither true nor false", "leave it out; true is for one machine alone")
	case inLambda:
		r.problem(names.AllowLoopback, "true in Lambda, where it opens the function's inside to whoever can sign", "leave it out")
	}
	return true
}
