package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrThrottled means that every environment is busy and no more may be started.
	ErrThrottled = errors.New("concurrency limit reached")
	// ErrClosed means that the function takes no more invocations.
	ErrClosed = errors.New("function closed")
)

// The types of function errors that this host gives itself, as Lambda calls them.
const (
	TypeTimedOut         = "Sandbox.Timedout"
	TypeExited           = "Runtime.ExitError"
	TypeNotStarted       = "Runtime.InvalidEntrypoint"
	TypeInitTimedOut     = "Sandbox.InitTimedout"
	TypeResponseTooLarge = "Function.ResponseSizeTooLarge"
)

// FunctionError says that the function ran, or tried to, and did not succeed: its
// handler returned an error, or its process crashed, timed out or never got
// ready. It is what the runtime reported, or what Lambda would report for it.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`

	ours bool // found by this host, so that nobody else has logged it
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("function error %s: %s", e.Type, e.Message)
}

func fault(kind, message string) *FunctionError {
	return &FunctionError{Type: kind, Message: message, ours: true}
}

func timedOut(timeout time.Duration) *FunctionError {
	return fault(TypeTimedOut, fmt.Sprintf("task timed out after %.2f seconds", timeout.Seconds()))
}

// exited describes the end of a process; how is nil for exit status 0.
func exited(how error) *FunctionError {
	if how == nil {
		return fault(TypeExited, "runtime exited without providing a reason")
	}
	return fault(TypeExited, "runtime exited with error: "+how.Error())
}

// reported reads the error document that a runtime posts. One that cannot be read
// is still an error.
func reported(document []byte) *FunctionError {
	var e FunctionError
	if err := json.Unmarshal(document, &e); err != nil || e.Type == "" {
		e.Type = "Function.Unknown"
	}
	return &e
}
