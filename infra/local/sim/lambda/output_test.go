package lambda_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/local/sim/lambda"
)

func TestOutputBecomesJSONLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, printed string
		want          []string
	}{
		{"plain", "one\ntwo\n", []string{`{"function":"subject","message":"one"}`, `{"function":"subject","message":"two"}`}},
		{"json", `{"level":"INFO","n":1}` + "\n", []string{`{"function":"subject","level":"INFO","n":1}`}},
		{"empty object", "{ }\n", []string{`{"function":"subject"}`}},
		{"not quite json", `{"level":` + "\n", []string{`{"function":"subject","message":"{\"level\":"}`}},
		{"other json", "[1]\n", []string{`{"function":"subject","message":"[1]"}`}},
		{"blank lines and a missing end", "\n\r\n  last", []string{`{"function":"subject","message":"last"}`}},
		{"bad UTF-8", "a\xffb\n", []string{`{"function":"subject","message":"a\ufffdb"}`}},
		{
			"too long", strings.Repeat("x", 300<<10) + "\nnext\n",
			[]string{`{"function":"subject","message":"` + strings.Repeat("x", 256<<10) + `","cut":true}`, `{"function":"subject","message":"next"}`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var output buffer
			f := newFunction(t, func(c *lambda.Config) { c.Output = &output })
			mustInvoke(t, f, printOrder(t, test.printed))
			if err := f.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := output.lines(); !slices.Equal(got, test.want) {
				t.Errorf("printed %.200q, want %.200q", got, test.want)
			}
		})
	}
}

// printOrder returns an event that makes the test function print a text. The text is passed as
// bytes, because it need not be UTF-8.
func printOrder(t *testing.T, text string) string {
	t.Helper()
	order, err := json.Marshal(map[string]any{"do": "print", "bytes": []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return string(order)
}

func TestTheHostLogsErrorsThatTheRuntimeCannotLog(t *testing.T) {
	t.Parallel()
	tests := []struct{ order, want string }{
		{`{"do":"exit"}`, `{"function":"subject","requestId":"an-id","errorType":"Runtime.ExitError","errorMessage":"runtime exited with error: exit status 3"}`},
		// Lambda's Go library prints the error of a handler, so package lambda must not print it
		// again.
		{`{"do":"error"}`, `{"function":"subject","message":`},
		{`{"do":"print"}`, ``},
	}
	for _, test := range tests {
		t.Run(test.order, func(t *testing.T) {
			t.Parallel()
			var output buffer
			f := newFunction(t, func(c *lambda.Config) { c.Output = &output })
			_, _ = f.Invoke(lambda.Invocation{ID: "an-id", Payload: []byte(test.order)})
			if err := f.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := output.lines(); len(got) != 1 || !strings.HasPrefix(got[0], test.want) || (test.want == "" && got[0] != "") {
				t.Errorf("output %q, want %s", got, test.want)
			}
		})
	}
}
