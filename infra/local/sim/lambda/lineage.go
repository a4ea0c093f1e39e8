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

// lineage counts the invocations in a chain: each invocation of a chain causes the next one. The
// X-Ray header of an invocation contains the lineage as Lineage=REQUESTS:FUNCTION:LOOPS. AWS's SDKs
// copy this header to everything that the function sends. Sources: recursion_detection.go of AWS's
// SDK for Go (the copying), and pull request 2480 of opentelemetry-dotnet-contrib (the three
// fields).
type lineage struct {
	requests int    // number of invocations in the chain so far, of all functions
	function string // hash of the name of the first function in the chain
	loops    int    // number of invocations of that first function in the chain so far
}

const lineageField = "Lineage="

// parseLineage returns the lineage in a trace header, or the zero value if it has none.
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

// next returns the lineage after one more invocation of a function.
func (l lineage) next(function string) lineage {
	hash := hashOf(function)
	l.requests++
	if l.function = cmp.Or(l.function, hash); l.function == hash {
		l.loops++
	}
	return l
}

// into returns a copy of a trace header that has the lineage l instead of any earlier lineage.
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

// traceOf returns the trace header of a message; "" if the message has none.
func traceOf(m types.Message) string {
	return m.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]
}

// looped reports whether the message must not invoke the function, because the message's chain has
// already invoked that function [recursion.MaxInvocations] times or more.
func looped(m types.Message, function string) bool {
	l := parseLineage(traceOf(m))
	return l.function == hashOf(function) && l.loops >= recursion.MaxInvocations
}

// traceOfBatch returns the trace header for an invocation with a batch. It takes the header of the
// message whose lineage has the most loops, and adds this invocation to the lineage. If no message
// has a header, it takes the parameter trace.
func traceOfBatch(batch []types.Message, function, trace string) string {
	var farthest lineage
	for _, m := range batch {
		if l := parseLineage(traceOf(m)); l.loops >= farthest.loops && traceOf(m) != "" {
			farthest, trace = l, traceOf(m)
		}
	}
	return farthest.next(function).into(trace)
}
