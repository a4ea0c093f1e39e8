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
	// ErrClosed means that the function accepts no more invocations.
	ErrClosed = errors.New("function closed")
)

// The types of function errors that this host reports itself, with Lambda's names.
const (
	TypeTimedOut         = "Sandbox.Timedout"
	TypeExited           = "Runtime.ExitError"
	TypeNotStarted       = "Runtime.InvalidEntrypoint"
	TypeInitTimedOut     = "Sandbox.InitTimedout"
	TypeResponseTooLarge = "Function.ResponseSizeTooLarge"
)

// FunctionError means that the function ran, or tried to run, and failed: its handler returned an
// error, or its process crashed, timed out or did not become ready. It holds the error that the
// runtime reported, or the one that Lambda would report.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`

	ours bool // detected by this host, so that the runtime has not logged it
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

// reported decodes the error document of a runtime. An unreadable document still returns an
// error.
func reported(document []byte) *FunctionError {
	var e FunctionError
	if err := json.Unmarshal(document, &e); err != nil || e.Type == "" {
		e.Type = "Function.Unknown"
	}
	return &e
}
