package main

import (
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// The command "smoke" compares the account's quota of concurrent executions with the deployed
// settings. If the quota is too small, it prints how to request a larger one, and does not fail.
func TestSmokeComparesTheAccountsQuotaWithTheSettings(t *testing.T) {
	t.Parallel()
	const ask = "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --region eu-central-1 --desired-value "
	for name, c := range map[string]struct {
		executions, reserved int
		told, says           string
	}{
		"a new account":        {10, 0, "", "note  concurrency    the account may run 10 executions at a time, 10 of them not reserved; the queues use up to 8, and the functions with URLs but no reservation need 20. " + `Ask AWS for a quota "Concurrent executions" of 1000: ` + ask + "1000\n"},
		"just enough":          {28, 0, `{}`, "ok    concurrency    the account may run 28 executions at a time, 28 of them not reserved; the queues use up to 8\n"},
		"one less":             {27, 0, `{}`, "note  concurrency"},
		"other stacks reserve": {1000, 980, `{}`, "note  concurrency    the account may run 1000 executions at a time, 20 of them not reserved"},
		"one is reserved":      {118, 100, `{"intakeConcurrency":"100"}`, "ok    concurrency    the account may run 118 executions at a time, 18 of them"},
		"both are reserved":    {108, 100, `{"intakeConcurrency":"50","concurrency":50}`, "ok    concurrency"},
		"queues take more":     {1000, 0, `{"finishConcurrency":"600","indexConcurrency":"600"}`, "the queues use up to 1204, and the functions with URLs but no reservation need 20. Ask AWS for a quota \"Concurrent executions\" of 1224: "},
		"no permission":        {0, 0, `{}`, "skip  concurrency    the account's quota could not be read: these credentials lack lambda:GetAccountSettings\n"},
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
