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

// The quota "Concurrent executions" of Lambda: how many functions an account may run at a time in
// a region. Its default is 1,000; a new account has less, as a rule 10, and may ask for the
// default. Source: "Lambda quotas" and "Managing AWS Lambda function concurrency".
const (
	executionsCode    = "L-B99A9384"
	executionsDefault = 1000
)

// roomAtURL is how many executions each function at a URL should find free at a time: a request
// may take minutes, and one more is answered 429.
const roomAtURL = 10

// needs is how many executions at a time a deployment takes.
type needs struct {
	queues   int // calls from the queues
	reserved int // set aside for functions at URLs
	sharing  int // functions at URLs for which nothing is set aside
}

// needsOf reads what the deployed settings come to: what they do not say has its default.
func needsOf(told settings.Record) (n needs) {
	number := func(setting string) int {
		i, _ := strconv.Atoi(told[setting]) // 0 where it is not said
		return i
	}
	for _, queue := range []string{"index", "reindex", "finish", "collect"} {
		n.queues += max(number(queue+"Concurrency"), settings.LeastParallel)
	}
	for _, setting := range []string{"concurrency", "intakeConcurrency"} { // of fulfill and of intake
		if reserved := number(setting); reserved > 0 {
			n.reserved += reserved
		} else {
			n.sharing++
		}
	}
	return n
}

// wanted is the quota to ask for: all that the deployment may run at a time, and never less than
// the default.
func (n needs) wanted() int { return max(executionsDefault, n.queues+n.reserved+roomAtURL*n.sharing) }

// smokeLimits compares what the account may run at a time with what the deployment takes, and says
// what to ask AWS for. Too little is no failure: requests wait, and the gateway repeats them.
func (s *session) smokeLimits(ctx context.Context, d deployment) {
	const check = "concurrency"
	if s.system != nil {
		s.skip(check, "an account's limit; this machine has none")
		return
	}
	out, err := s.lambda().GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied"):
		s.skip(check, "the account's limit could not be read: these credentials lack lambda:GetAccountSettings")
		return
	case err != nil || out.AccountLimit == nil:
		s.skip(check, fmt.Sprintf("the account's limit could not be read: %v", err))
		return
	}
	var told settings.Record
	if err := told.UnmarshalText([]byte(d.settings)); err != nil {
		told = nil // of a version that recorded none
	}
	n := needsOf(told)
	free, atURLs := int(aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions)), roomAtURL*n.sharing
	detail := fmt.Sprintf("%d executions at a time, %d of them not reserved: the queues take up to %d", out.AccountLimit.ConcurrentExecutions, free, n.queues)
	if free >= n.queues+atURLs {
		s.report(true, check, detail)
		return
	}
	s.printCheck("note", check, fmt.Sprintf("%s, and the functions at URLs without a reservation need %d. Ask AWS for %d (quota \"Concurrent executions\"): "+
		"aws service-quotas request-service-quota-increase --service-code lambda --quota-code %s --region %s --desired-value %d",
		detail, atURLs, n.wanted(), executionsCode, s.aws.Region, n.wanted()))
}
