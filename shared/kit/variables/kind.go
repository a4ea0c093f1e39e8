package variables

import (
	"net/url"
	"slices"
	"strings"
)

// Kind is a kind of value. It checks a value, and its errors state what a person must set instead
// of a wrong value.
type Kind struct {
	Valid func(string) bool
	do    string
}

// The kinds of value. They check AWS's own grammars for names in plain code, because a regular
// expression with a count such as {3,255} takes half a millisecond to compile.
var (
	Bucket = Kind{isBucket,
		"set it to the name of an S3 bucket"}
	Table = Kind{isTable,
		"set it to the name of a DynamoDB table"}
	Region = Kind{isRegion,
		"set it to an AWS region such as eu-central-1"}
	Topic = Kind{isTopic,
		"set it to the ARN of an SNS topic, or leave it out"}
	QueueURL = Kind{isPlainURL,
		"set it to the URL of an SQS queue, https://…"}
	Endpoint = Kind{isPlainURL,
		"set it to an address such as http://127.0.0.1:4566, without user name or query, or leave it out for AWS's own"}

	namespace = Kind{isNamespace,
		"set it to a CloudWatch namespace such as masterhand/production, or leave it out"}
)

// SecretID returns the kind for a secret's name or ARN. content describes the content of the
// secret, for error messages.
func SecretID(content string) Kind {
	return Kind{isSecretID, "set it to the name or ARN of the Secrets Manager secret that holds " + content + ", not to its content"}
}

// The characters that the names of AWS's resources, such as buckets, may contain.
const (
	lower   = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
	letters = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// consists reports whether s has at least min and at most max characters. Each character must be in
// the string set.
func consists(s, set string, min, max int) bool {
	return len(s) >= min && len(s) <= max && strings.Trim(s, set) == ""
}

// isBucket reports whether s is a bucket's name, which neither begins nor ends with a dot or hyphen.
func isBucket(s string) bool {
	return consists(s, lower+digits+".-", 3, 63) && strings.Trim(s, ".-") == s
}

func isTable(s string) bool { return consists(s, letters+digits+"_.-", 3, 255) }

func isNamespace(s string) bool { return consists(s, letters+digits+"_.#/-", 1, 255) }

// isRegion reports whether s is a region's name: two to four letters, words of letters, a number.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	last := len(parts) - 1
	if last < 2 || !consists(parts[0], lower, 2, 4) || !consists(parts[last], digits, 1, 2) {
		return false
	}
	return !slices.ContainsFunc(parts[1:last], func(word string) bool { return !consists(word, lower, 1, len(s)) })
}

// isTopic reports whether s is a topic's ARN, in any of AWS's partitions.
func isTopic(s string) bool {
	parts := strings.Split(s, ":")
	return len(parts) == 6 && parts[0] == "arn" &&
		strings.HasPrefix(parts[1], "aws") && consists(parts[1], lower+"-", 3, len(s)) &&
		parts[2] == "sns" && consists(parts[3], lower+digits+"-", 1, len(s)) &&
		consists(parts[4], digits, 12, 12) && consists(parts[5], letters+digits+"_-", 1, 256)
}

// isSecretID reports whether s is a secret's name. It returns false for a secret's content that
// somebody set by mistake.
func isSecretID(s string) bool {
	return consists(s, letters+digits+"/_+=.@:-", 1, len(s)) && !strings.HasPrefix(s, "whsec_")
}

// isPlainURL reports whether s is a web address that contains no secret.
func isPlainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(s, " \t\r\n")
}
