package main

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode"
)

const (
	// reportLine is a log line that Lambda itself writes after an invocation of a function.
	reportLine = `{"time":"2026-11-21T11:59:59Z","type":"platform.report","record":{"status":"success"}}`
	// earlierLine is a log line of an older version that did not use AWS's logger.
	earlierLine = `{"time":"2026-11-21T11:59:57Z","level":"WARN","msg":"indexed","key":"a b"}`
)

// logging returns a fake account whose functions have logged some lines.
func logging(t *testing.T) *account {
	a := newAccount(t)
	a.logged["/fulfill"] = []event{
		{"f0", `{"message":"long ago"}`, noon.Add(-time.Hour)},
		{"f1", webhookLine(), noon.Add(-2 * time.Second)},
		{"f2", metricLine(), noon.Add(-2 * time.Second)},
		{"f3", reportLine, noon.Add(-time.Second)},
		{"f4", "panic: out of \x1b[31mluck\n", noon},
	}
	a.logged["/index"] = []event{{"i1", earlierLine, noon.Add(-3 * time.Second)}}
	return a
}

func TestLogs(t *testing.T) {
	t.Parallel()
	a := logging(t)
	want := strings.Join([]string{
		`11:59:57.000Z index   WARN  indexed key="a b"`,
		"11:59:58.000Z fulfill " + compactWebhook,
		"12:00:00.000Z fulfill panic: out of �[31mluck",
	}, "\n") + "\n"
	if got := a.run(operator{}, "logs"); got.out != want || got.code != 0 {
		t.Errorf("got\n%swant\n%s", got.all(), want)
	}
	a.run(operator{}, "logs", "--json").expect(t, 0, `{"time":"2026-11-21T11:59:58Z","function":"fulfill","line":{"timestamp":"`, `"text":"panic: out of \u001b[31mluck\n"}`)
	a.run(operator{}, "logs", "--since", "2h").expect(t, 0, "long ago")
	a.run(operator{}, "logs", "--all").expect(t, 0, "Requests=1", "_aws=", "platform.report")
	a.run(operator{}, "logs", "--function", "index").quiet(t, "webhook")
	a.outputs["FulfillLogs"], a.outputs["FinishLogs"], a.outputs["IndexLogs"] = "", "", ""
	a.run(operator{}, "logs").expect(t, 1, "log groups")
}

func TestLogsFollow(t *testing.T) {
	t.Parallel()
	a := logging(t)
	looks := 0
	o := operator{pause: func(_ context.Context, d time.Duration) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if looks++; looks == 3 || d != logEvery {
			return context.Canceled
		}
		// Add a line that CloudWatch shows late: its time is before the previous check, but that
		// check did not find it.
		a.logged["/fulfill"] = append(a.logged["/fulfill"], event{"late", `{"message":"late"}`, noon.Add(-time.Second)})
		return nil
	}}
	got := a.run(o, "logs", "-f")
	got.expect(t, 130, "late")
	for _, once := range []string{"webhook", "indexed", "late"} {
		if n := strings.Count(got.out, once); n != 1 {
			t.Errorf("%s was printed %d times", once, n)
		}
	}
	from := a.seenSince["/index"]
	if len(from) != 3 || from[0] != float64(noon.Add(-10*time.Minute).UnixMilli()) || from[2] != float64(noon.Add(-logLate).UnixMilli()) {
		t.Errorf("looked from %v", from)
	}
}

// FuzzLogLine checks that no line of a log can control the terminal.
func FuzzLogLine(f *testing.F) {
	for _, seed := range []string{webhookLine(), metricLine(), earlierLine, reportLine, "\x1b]0;title\a", `{"message":"\u001b[2J","a\u0007":"\u202e"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := logLine{at: noon, function: "fulfill", text: text}.compact(true)
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q", line)
		}
	})
}
