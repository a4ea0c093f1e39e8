// Package variables reads a function's environment variables and reports all problems with them
// at once.
//
// Invariants: settings that load are complete, with their defaults filled in. A [Problem] never
// repeats a value, because the value may be a secret that was set in the wrong variable.
package variables

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"masterhand/shared/kit/names"
)

// Lookup returns the value of an environment variable and reports whether it is set, like
// os.LookupEnv.
type Lookup = func(key string) (string, bool)

// Problem describes one problem with the environment.
type Problem struct {
	Key   string // the variable's name; for a list, also the element
	Wrong string // states what is wrong
	Do    string // states what a person must do about the problem
}

// Error returns in one line the key, what is wrong and what a person must do.
func (p *Problem) Error() string { return fmt.Sprintf("%s: %s; %s", p.Key, p.Wrong, p.Do) }

// Problems returns the problems that an error of [Load] joins.
func Problems(err error) (all []*Problem) {
	joined, _ := err.(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, e := range joined.Unwrap() {
		if p, is := errors.AsType[*Problem](e); is {
			all = append(all, p)
		}
	}
	return all
}

// Reader reads variables and collects the problems that it finds.
type Reader struct {
	lookup   Lookup
	problems []error
}

// Load returns the settings that the function read makes from the environment. If read finds
// problems, Load returns the zero value and an error that joins one [*Problem] for each.
func Load[T any](lookup Lookup, read func(*Reader) T) (T, error) {
	r := &Reader{lookup: lookup}
	settings := read(r)
	if len(r.problems) > 0 {
		var none T
		return none, errors.Join(r.problems...)
	}
	return settings, nil
}

// Problem records a problem with a variable.
func (r *Reader) Problem(key, wrong, do string) {
	r.problems = append(r.problems, &Problem{Key: key, Wrong: wrong, Do: do})
}

// Text returns a variable's value without a check. It returns "" if the variable is not set.
func (r *Reader) Text(key string) string {
	text, _ := r.lookup(key)
	return text
}

// Required returns the value of a variable that must be set. An empty value counts as not set and
// is a problem.
func (r *Reader) Required(key string, k Kind) string {
	text := r.Text(key)
	switch {
	case text == "":
		r.Problem(key, "missing", k.do)
	case !k.Valid(text):
		r.Problem(key, "has an invalid value", k.do)
	}
	return text
}

// Optional returns the value of a variable that need not be set. It returns "" if the variable is
// not set.
func (r *Reader) Optional(key string, k Kind) string {
	if r.Text(key) == "" {
		return ""
	}
	return r.Required(key, k)
}

// maxDuration is the longest plausible duration of any variable. A longer one probably has the
// wrong unit.
const maxDuration = time.Hour

// Duration returns a variable's duration, which must be from min to one hour. If the variable is
// not set, Duration returns the default value, which is the parameter named otherwise.
func (r *Reader) Duration(key string, min, otherwise time.Duration) time.Duration {
	text := r.Text(key)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < min || d > maxDuration {
		r.Problem(key, fmt.Sprintf("not a duration from %v to 1h", min), fmt.Sprintf("set it to a duration such as %v, or leave it out for that default", otherwise))
	}
	return d
}

// Bytes returns a variable's number of bytes, which must be from 1 to max. If the variable is not
// set, Bytes returns the default value, which is the parameter named otherwise.
func (r *Reader) Bytes(key string, max, otherwise int64) int64 {
	text := r.Text(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > max {
		r.Problem(key, fmt.Sprintf("not a number of bytes from 1 to %d", max), fmt.Sprintf("set it to a number such as %d, or leave it out for that default", otherwise))
	}
	return n
}

// Bool reports whether a variable is "true". It returns false if the variable is not set. Any
// value except "true" and "false" is a problem.
func (r *Reader) Bool(key string) bool {
	text := r.Text(key)
	if text != "" && text != "true" && text != "false" {
		r.Problem(key, "neither true nor false", "set it to true, or leave it out")
	}
	return text == "true"
}

// AllowLoopback reports whether URLs in payloads may lead to this machine. In Lambda, "true" is a
// problem, because everybody who can sign requests could then reach the function's own services.
func (r *Reader) AllowLoopback() bool {
	allowed := r.Bool(names.AllowLoopback)
	if _, inLambda := r.lookup(names.LambdaInitialization); allowed && inLambda {
		r.Problem(names.AllowLoopback, "true in Lambda, where signed URLs could then reach the function's own services", "leave it out")
	}
	return allowed
}

// MetricsNamespace returns the CloudWatch namespace of the function's metrics.
func (r *Reader) MetricsNamespace() string {
	if given := r.Optional(names.MetricsNamespace, namespace); given != "" {
		return given
	}
	return names.MetricNamespace
}

// DistinctBucket returns the bucket name in the variable key. The variable other must hold a
// different name. confusion states, for the error, what would go wrong if both were the same.
func (r *Reader) DistinctBucket(key, other, confusion string) string {
	name := r.Required(key, Bucket)
	if name != "" && name == r.Text(other) {
		r.Problem(key, "the same bucket as "+other, "set it to another, or "+confusion)
	}
	return name
}
