// Package recursion defines which functions Lambda must allow to run in a loop. The CDK app and
// the local Lambda host read the same table.
//
// Lambda counts the invocations of a function that one event causes through queues, topics,
// buckets and direct calls. After 16 invocations it stops the chain and sends the message to the
// dead letters, unless the function's RecursiveLoop is Allow. Source: "Use Lambda recursive loop
// detection to prevent infinite loops" in Lambda's developer guide.
package recursion

// MaxInvocations is the number of invocations that one event may cause of a function that must
// not run in a loop.
const MaxInvocations = 16

// Allowed reports whether Lambda must allow a function to run in a loop. These functions send
// messages to their own queue:
//   - index: each step of a reindex sends the next step.
//   - collect: its sweep sends announcements that have no message again.
func Allowed(function string) bool { return function == "index" || function == "collect" }
