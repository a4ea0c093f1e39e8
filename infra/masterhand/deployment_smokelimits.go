package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"masterhand/infra/settings"
)

// The Lambda quota "Concurrent executions" is the number of functions that an account may run at a
// time in a region. Its default is 1,000. A new account has less, usually 10, and may ask for the
// default. Source: "Lambda quotas" and "Managing AWS Lambda function concurrency".
const (
	executionsCode    = "L-B99A9384"
	executionsDefault = 1000
)

// roomAtURL is the number of free executions that each function with a URL should have: a request
// may take minutes, and Lambda answers 429 when no execution is free.
const roomAtURL = 10

// needs holds the numbers of concurrent executions that a deployment needs.
type needs struct {
	queues   int // most executions that the queues start
	reserved int // reserved for functions with URLs
	sharing  int // number of functions with URLs that have no reservation
}

// needsOf computes the needs of the deployed settings. A setting that the record lacks has its
// default.
func needsOf(told settings.Record) (n needs) {
	number := func(setting string) int {
		i, _ := strconv.Atoi(told[setting]) // 0 if the record lacks the setting
		return i
	}
	for _, queue := range []string{"index", "reindex", "finish", "collect"} {
		n.queues += max(number(queue+"Concurrency"), settings.LeastParallel)
	}
	for _, setting := range []string{"concurrency", "intakeConcurrency"} { // the reservations of fulfill and intake
		if reserved := number(setting); reserved > 0 {
			n.reserved += reserved
		} else {
			n.sharing++
		}
	}
	return n
}

// wanted returns the quota to ask AWS for: the most executions that the deployment may run at a
// time, but at least the default.
func (n needs) wanted() int { return max(executionsDefault, n.queues+n.reserved+roomAtURL*n.sharing) }

// smokeLimits compares the account's quota with the needs of the deployment, and says which quota
// to ask AWS for. A quota that is too small is no failure: requests wait, and the gateway repeats
// them.
func (s *session) smokeLimits(ctx context.Context, d deployment) {
	const check = "concurrency"
	if s.system != nil {
		s.skip(check, "Lambda's quota of an AWS account; there is none on this machine")
		return
	}
	out, err := s.lambda().GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied"):
		s.skip(check, "the account's quota could not be read: these credentials lack lambda:GetAccountSettings")
		return
	case err != nil || out.AccountLimit == nil:
		s.skip(check, fmt.Sprintf("the account's quota could not be read: %v", err))
		return
	}
	var told settings.Record
	if err := told.UnmarshalText([]byte(d.settings)); err != nil {
		told = nil // an older version deployed the stack and recorded no settings
	}
	n := needsOf(told)
	free, atURLs := int(aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions)), roomAtURL*n.sharing
	detail := fmt.Sprintf("the account may run %d executions at a time, %d of them not reserved; the queues use up to %d", out.AccountLimit.ConcurrentExecutions, free, n.queues)
	if free >= n.queues+atURLs {
		s.report(true, check, detail)
		return
	}
	s.printCheck("note", check, fmt.Sprintf("%s, and the functions with URLs but no reservation need %d. Ask AWS for a quota \"Concurrent executions\" of %d: "+
		"aws service-quotas request-service-quota-increase --service-code lambda --quota-code %s --region %s --desired-value %d",
		detail, atURLs, n.wanted(), executionsCode, s.aws.Region, n.wanted()))
}
