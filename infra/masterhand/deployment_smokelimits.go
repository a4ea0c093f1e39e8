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

// Values of the Lambda quota "Concurrent executions": how many executions an account may run at the
// same time in a region. The default is 1,000. A new account has less, usually 10, and may request
// the default. Source: "Lambda quotas" and "Managing AWS Lambda function concurrency".
const (
	executionsCode    = "L-B99A9384"
	executionsDefault = 1000
)

// roomAtURL is how many free executions each function with a URL should have. One request may take
// minutes, and Lambda answers 429 if no execution is free.
const roomAtURL = 10

// needs holds the numbers of concurrent Lambda executions that a deployment needs.
type needs struct {
	queues   int // most executions that the queues start at the same time
	reserved int // executions that the settings reserve for functions with URLs
	sharing  int // number of functions that have a URL and no reserved executions
}

// needsOf computes the needed executions from the deployed settings. If the record lacks a setting,
// needsOf uses the setting's default.
func needsOf(told settings.Record) (n needs) {
	number := func(setting string) int {
		i, _ := strconv.Atoi(told[setting]) // the error is ignored: i is 0 if the record lacks the setting
		return i
	}
	for _, queue := range []string{"index", "reindex", "finish", "collect"} {
		n.queues += max(number(queue+"Concurrency"), settings.LeastParallel)
	}
	// The two settings reserve executions for the functions fulfill and intake.
	for _, setting := range []string{"concurrency", "intakeConcurrency"} {
		if reserved := number(setting); reserved > 0 {
			n.reserved += reserved
		} else {
			n.sharing++
		}
	}
	return n
}

// wanted returns the quota that the operator should request: all executions that the deployment
// needs at the same time, but at least the default of AWS.
func (n needs) wanted() int { return max(executionsDefault, n.queues+n.reserved+roomAtURL*n.sharing) }

// smokeLimits compares the account's quota with the needs of the deployment, and prints which quota
// to request. A quota that is too small does not fail the check: requests only wait longer, and the
// gateway sends them again.
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
		told = nil // the stack of an older version has no record, so needsOf uses the defaults
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
