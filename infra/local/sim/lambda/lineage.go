package lambda

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/recursion"
)

// lineage is how far an event has come from function to function. It travels in the X-Ray
// header as Lineage=REQUESTS:FUNCTION:LOOPS. AWS's SDKs pass the header of their invocation on
// to what they send. Sources: recursion_detection.go of AWS's SDK for Go; the fields of this
// second form of lineage in pull request 2480 of opentelemetry-dotnet-contrib.
type lineage struct {
	requests int    // invocations on the way
	function string // hash of the function whose invocations loops counts: the first one
	loops    int    // invocations of that function before this one
}

const lineageField = "Lineage="

// parseLineage returns the lineage in a trace header, and the zero value for a header without one.
func parseLineage(trace string) (l lineage) {
	for field := range strings.SplitSeq(trace, ";") {
		text, is := strings.CutPrefix(field, lineageField)
		parts := strings.Split(text, ":")
		if !is || len(parts) != 3 {
			continue
		}
		l.requests, _ = strconv.Atoi(parts[0])
		l.function = parts[1]
		l.loops, _ = strconv.Atoi(parts[2])
	}
	return l
}

// next is the lineage of an invocation of a function by an event with this lineage.
func (l lineage) next(function string) lineage {
	hash := hashOf(function)
	l.requests++
	if l.function = cmp.Or(l.function, hash); l.function == hash {
		l.loops++
	}
	return l
}

// into returns a trace header with this lineage in place of another one.
func (l lineage) into(trace string) string {
	fields := slices.DeleteFunc(strings.Split(trace, ";"), func(f string) bool {
		return f == "" || strings.HasPrefix(f, lineageField)
	})
	return strings.Join(append(fields, fmt.Sprintf("%s%d:%s:%d", lineageField, l.requests, l.function, l.loops)), ";")
}

func hashOf(function string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(function))
	return fmt.Sprintf("%08x", h.Sum32())
}

// traceOf is the trace header that a message was sent with; "" where it had none.
func traceOf(m types.Message) string {
	return m.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]
}

// looped reports whether a message must not invoke the function once more.
func looped(m types.Message, function string) bool {
	l := parseLineage(traceOf(m))
	return l.function == hashOf(function) && l.loops >= recursion.MaxInvocations
}

// traceOfBatch is the trace header of a function's invocation by a batch. A batch has the
// lineage of the message that has come farthest; trace begins a new header where no message has
// one.
func traceOfBatch(batch []types.Message, function, trace string) string {
	var farthest lineage
	for _, m := range batch {
		if l := parseLineage(traceOf(m)); l.loops >= farthest.loops && traceOf(m) != "" {
			farthest, trace = l, traceOf(m)
		}
	}
	return farthest.next(function).into(trace)
}
