package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// responseLimit is the maximum size of a response in bytes. Source: the message of Lambda's error
// Function.ResponseSizeTooLarge (6 MiB + 100).
const responseLimit = 6<<20 + 100

// runtimeAPI returns the handler of Lambda's Runtime API, version 2018-06-01.
func (e *environment) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.serveResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.serveError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.serveInitError)
	return mux
}

// serveNext ends the previous call, waits for the next call and passes it to the runtime.
func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	if e.current != nil && !e.current.answered {
		e.mu.Unlock()
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the invocation before has no response yet")
		return
	}
	if e.current != nil {
		close(e.current.over)
		e.current = nil
	}
	if !e.begun {
		e.begun = true
		close(e.ready)
	}
	e.mu.Unlock()

	select {
	case <-r.Context().Done():
	case c := <-e.work:
		e.mu.Lock()
		e.current = c
		e.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(c.Payload)))
		h.Set("Lambda-Runtime-Aws-Request-Id", c.ID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(c.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", e.arn)
		h.Set("Lambda-Runtime-Trace-Id", c.Trace)
		// The error is ignored: if the runtime has ended, the method run detects the end of its
		// process.
		_, _ = w.Write(c.Payload)
	}
}

func (e *environment) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, responseLimit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		message := fmt.Sprintf("response payload size exceeded maximum allowed payload size (%d bytes)", responseLimit)
		e.answer(w, r, nil, fault(TypeResponseTooLarge, message), http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedBody", "the response was cut off")
		return
	}
	// With this trailer the runtime reports that it failed while it was sending the response.
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		e.answer(w, r, nil, &FunctionError{Type: kind, Message: "response broke off"}, http.StatusAccepted)
		return
	}
	e.answer(w, r, body, nil, http.StatusAccepted)
}

func (e *environment) serveError(w http.ResponseWriter, r *http.Request) {
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, responseLimit))
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedBody", "the error could not be read")
		return
	}
	e.answer(w, r, nil, reported(document), http.StatusAccepted)
}

// answer handles a runtime's request that reports the result of a call. If this is the first result
// of the current call, answer stores the response or the error, and answers the request with the
// given HTTP status. Otherwise it rejects the request.
func (e *environment) answer(w http.ResponseWriter, r *http.Request, response []byte, err *FunctionError, status int) {
	e.mu.Lock()
	c := e.current
	e.mu.Unlock()
	if c == nil || c.ID != r.PathValue("id") {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "that invocation is not being run")
		return
	}
	if !e.settle(c, response, err) {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "that invocation has its response")
		return
	}
	if status != http.StatusAccepted {
		refuse(w, status, err.Type, err.Message)
		return
	}
	accept(w)
}

// serveInitError stores the error that the runtime reports during its initialisation. The runtime
// ends after that.
func (e *environment) serveInitError(w http.ResponseWriter, r *http.Request) {
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, responseLimit))
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedBody", "the error could not be read")
		return
	}
	e.mu.Lock()
	begun := e.begun
	if !begun {
		e.initFail = reported(document)
	}
	e.mu.Unlock()
	if begun {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "initialisation is over")
		return
	}
	accept(w)
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(FunctionError{Type: kind, Message: message})
}
