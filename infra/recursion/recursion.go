// Package recursion says which functions Lambda must let run in a loop. The CDK app and the
// local Lambda host read the same table.
//
// Lambda counts how often one event has invoked the same function through queues, topics,
// buckets and direct calls. After 16 invocations it stops the chain and sends the message to
// the dead letters, unless the function's RecursiveLoop is Allow. Source: "Use Lambda recursive
// loop detection to prevent infinite loops" in Lambda's developer guide.
package recursion

// MaxInvocations is how often one event may invoke a function that must not run in a loop.
const MaxInvocations = 16

// Allowed reports whether Lambda must let a function run in a loop. These are the functions
// that send messages to a queue that feeds them:
//   - index: each step of a reindex sends the next step.
//   - collect: its sweep sends the announcements again that no message stands for.
func Allowed(function string) bool { return function == "index" || function == "collect" }
