package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrThrottled means that every environment is busy and the concurrency limit allows no new
	// environment.
	ErrThrottled = errors.New("concurrency limit reached")
	// ErrClosed means that the function accepts no more invocations.
	ErrClosed = errors.New("function closed")
)

// The types of the function errors that this package reports itself. The names are those of
// Lambda.
const (
	TypeTimedOut         = "Sandbox.Timedout"
	TypeExited           = "Runtime.ExitError"
	TypeNotStarted       = "Runtime.InvalidEntrypoint"
	TypeInitTimedOut     = "Sandbox.InitTimedout"
	TypeResponseTooLarge = "Function.ResponseSizeTooLarge"
)

// FunctionError means that an invocation was started and failed: the function's handler returned an
// error, or its process crashed, timed out or did not become ready. Type and Message are those that
// the runtime reported. If it reported none, they are those that Lambda would report.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`

	ours bool // whether this package has detected the error; if so, the runtime has not logged the error
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

// exited returns the error of a process that has ended. The parameter how is the error with which
// the process ended; nil means exit status 0.
func exited(how error) *FunctionError {
	if how == nil {
		return fault(TypeExited, "runtime exited without providing a reason")
	}
	return fault(TypeExited, "runtime exited with error: "+how.Error())
}

// reported decodes the error that a runtime has reported in JSON. If the JSON is invalid or has no
// error type, the type becomes Function.Unknown.
func reported(document []byte) *FunctionError {
	var e FunctionError
	if err := json.Unmarshal(document, &e); err != nil || e.Type == "" {
		e.Type = "Function.Unknown"
	}
	return &e
}
