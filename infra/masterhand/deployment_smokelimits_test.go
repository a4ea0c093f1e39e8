package main

import (
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// What the account may run at a time is compared with what the deployed settings take. Too little
// is told with the command that asks AWS for more, and fails nothing.
func TestSmokeTellsWhatTheAccountMayRun(t *testing.T) {
	t.Parallel()
	const ask = "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --region eu-central-1 --desired-value "
	for name, c := range map[string]struct {
		executions, reserved int
		told, says           string
	}{
		"a new account":        {10, 0, "", "note  concurrency    10 executions at a time, 10 of them not reserved: the queues take up to 8, and the functions at URLs without a reservation need 20. " + `Ask AWS for 1000 (quota "Concurrent executions"): ` + ask + "1000\n"},
		"just enough":          {28, 0, `{}`, "ok    concurrency    28 executions at a time, 28 of them not reserved: the queues take up to 8\n"},
		"one less":             {27, 0, `{}`, "note  concurrency"},
		"other stacks reserve": {1000, 980, `{}`, "note  concurrency    1000 executions at a time, 20 of them not reserved"},
		"one is reserved":      {118, 100, `{"intakeConcurrency":"100"}`, "ok    concurrency    118 executions at a time, 18 of them"},
		"both are reserved":    {108, 100, `{"intakeConcurrency":"50","concurrency":50}`, "ok    concurrency"},
		"queues take more":     {1000, 0, `{"finishConcurrency":"600","indexConcurrency":"600"}`, "the queues take up to 1204, and the functions at URLs without a reservation need 20. Ask AWS for 1224 "},
		"no permission":        {0, 0, `{}`, "skip  concurrency    the account's limit could not be read: these credentials lack lambda:GetAccountSettings\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := holding(t, oldSecret)
			a.webhook, a.executions, a.reserved = a.fulfil, c.executions, c.reserved
			if c.told != "" {
				a.outputs[settings.Output] = c.told
			}
			got := a.run(operator{}, "smoke")
			if got.expect(t, 0, "concurrency"); !strings.Contains(got.out, c.says) {
				t.Errorf("got\n%swant %s", got.out, c.says)
			}
		})
	}
}
