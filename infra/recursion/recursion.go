// Package recursion defines which functions Lambda must allow to run in a loop. The CDK app and
// the local Lambda host read the same table.
//
// Lambda counts how often one event causes the same function to run again through queues, topics,
// buckets and direct calls. After 16 invocations Lambda stops the chain and sends the message to the
// dead-letter queue, unless the function's setting RecursiveLoop is Allow. Source: "Use Lambda
// recursive loop detection to prevent infinite loops" in Lambda's developer guide.
package recursion

// MaxInvocations is the number of invocations of one function after which Lambda stops a chain, if the
// function is not allowed to run in a loop.
const MaxInvocations = 16

// Allowed reports whether Lambda must allow a function to run in a loop. These functions send
// messages to their own queue:
//   - index: each step of a reindex sends the next step.
//   - collect: its sweep sends a new message for each announcement whose message was lost.
func Allowed(function string) bool { return function == "index" || function == "collect" }
