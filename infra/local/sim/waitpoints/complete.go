package waitpoints

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// maxBody is the maximum size of the body of a completion in bytes. It is the real server's
// default for TASK_PAYLOAD_MAXIMUM_SIZE.
const maxBody = 3 << 20

// complete handles POST /api/v1/waitpoints/tokens/{id}/complete.
func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodPost:
		answer(w, http.StatusMethodNotAllowed, `{"error":"Method Not Allowed"}`)
		return
	case r.Header.Get("Content-Length") == "":
		answer(w, http.StatusLengthRequired, `{"error":"Content-Length header is required"}`)
		return
	case r.ContentLength > maxBody:
		answer(w, http.StatusRequestEntityTooLarge, `{"error":"Request body too large"}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the body was cut off, so the client has disconnected and gets no answer
	}
	status, text := s.receive(r.PathValue("id"), body)
	answer(w, status, text)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// receive completes the token with this id, unless the token is already completed or has expired.
// It returns the status and the text of the answer.
func (s *Server) receive(id string, body []byte) (status int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := s.tokens[id]
	if !ok {
		return http.StatusNotFound, `{"error":"Waitpoint not found"}`
	}
	token.Received = append(token.Received, body)
	now := s.config.Now()
	switch {
	case !token.Completed.IsZero():
		if s.config.Promised {
			return http.StatusConflict, `{"error":"Waitpoint already completed"}`
		}
	case !now.Before(token.ExpiresAt):
		if s.config.Promised {
			return http.StatusGone, `{"error":"Waitpoint expired"}`
		}
	default:
		token.Completed, token.Output = now, output(body)
		close(token.completed)
	}
	return http.StatusOK, `{"success":true}`
}

// output returns what is stored as the output of a token that this body completes: the body, or {}
// if the body is not JSON.
func output(body []byte) []byte {
	if !json.Valid(body) {
		return []byte("{}")
	}
	return body
}
