package variables

import (
	"net/url"
	"strings"

	"masterhand/shared/kit/lazy"
)

// Kind is a kind of value. It checks a value and says what to set instead of a wrong one.
type Kind struct {
	Valid func(string) bool
	do    string
}

// The kinds of value. Their grammars are AWS's own grammars for names.
var (
	Bucket = Kind{grammar(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`),
		"set it to the name of an S3 bucket"}
	Table = Kind{grammar(`^[A-Za-z0-9_.-]{3,255}$`),
		"set it to the name of a DynamoDB table"}
	Region = Kind{grammar(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`),
		"set it to an AWS region such as eu-central-1"}
	Topic = Kind{grammar(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`),
		"set it to the ARN of an SNS topic, or leave it out"}
	QueueURL = Kind{isPlainURL,
		"set it to the URL of an SQS queue, https://…"}
	Endpoint = Kind{isPlainURL,
		"set it to an address such as http://127.0.0.1:4566, without user name or query, or leave it out for AWS's own"}

	namespace = Kind{grammar(`^[A-Za-z0-9_.#/-]{1,255}$`),
		"set it to a CloudWatch namespace such as masterhand/production, or leave it out"}
)

// SecretID is the kind for a secret's name or ARN. content says what the secret contains.
func SecretID(content string) Kind {
	return Kind{isSecretID, "set it to the name or ARN of the Secrets Manager secret that holds " + content + ", not to its content"}
}

// grammar returns a function that matches a regular expression. The expression is compiled at the
// first use.
func grammar(expression string) func(string) bool {
	compiled := lazy.Regexp(expression)
	return func(s string) bool { return compiled().MatchString(s) }
}

var secretGrammar = grammar(`^[A-Za-z0-9/_+=.@:-]+$`)

// isSecretID reports whether s is a secret's name, and not its content that was set by mistake.
func isSecretID(s string) bool { return secretGrammar(s) && !strings.HasPrefix(s, "whsec_") }

// isPlainURL reports whether s is a web address that contains no secret.
func isPlainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(s, " \t\r\n")
}
