package lambda

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	awsevents "github.com/aws/aws-lambda-go/events"
)

// respond converts the response of a function to an HTTP answer. A JSON object with the member
// statusCode states the status, the headers and the body of the answer. Any other JSON becomes the
// body of an answer with status 200. An invalid response leads to status 502.
func respond(w http.ResponseWriter, response []byte) {
	answer, body, ok := understand(response)
	if !ok {
		badGateway(w)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	for name, value := range answer.Headers {
		switch strings.ToLower(name) {
		case "connection", "content-length", "transfer-encoding":
		default:
			header.Set(name, value)
		}
	}
	for _, cookie := range answer.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(body) // the error is ignored: it means that the client has disconnected
}

func understand(response []byte) (answer awsevents.LambdaFunctionURLResponse, body []byte, ok bool) {
	if !json.Valid(response) {
		return answer, nil, false
	}
	var shape struct {
		StatusCode json.RawMessage `json:"statusCode"`
	}
	if json.Unmarshal(response, &shape) != nil || shape.StatusCode == nil {
		answer.StatusCode = http.StatusOK
		return answer, response, true
	}
	if json.Unmarshal(response, &answer) != nil || answer.StatusCode < 200 || answer.StatusCode > 599 {
		return answer, nil, false
	}
	if !answer.IsBase64Encoded {
		return answer, []byte(answer.Body), true
	}
	body, err := base64.StdEncoding.DecodeString(answer.Body)
	return answer, body, err == nil
}
