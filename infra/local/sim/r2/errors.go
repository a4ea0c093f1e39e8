package r2

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"masterhand/infra/local/sim/fault"
)

// refusal is an error answer of R2.
type refusal struct {
	status  int
	message string
}

// refusals maps the codes of R2's errors for uploads to their answers. Source:
// https://developers.cloudflare.com/r2/api/error-codes/.
var refusals = map[string]refusal{
	"ExpiredRequest":        {http.StatusBadRequest, "Request has expired."},
	"SignatureDoesNotMatch": {http.StatusForbidden, "The request signature we calculated does not match the signature you provided."},
	"AccessDenied":          {http.StatusForbidden, "Access Denied"},
	"EntityTooLarge":        {http.StatusBadRequest, "Your proposed upload exceeds the maximum allowed object size."},
	"BadDigest":             {http.StatusBadRequest, "The checksum you specified did not match what we received."},
	"IncompleteBody":        {http.StatusBadRequest, "The request body terminated unexpectedly."},
	"MissingContentLength":  {http.StatusLengthRequired, "You must provide the Content-Length HTTP header."},
	"TooManyRequests":       {http.StatusTooManyRequests, "Reduce your concurrent request rate for the same object."},
	"InternalError":         {http.StatusInternalServerError, "We encountered an internal error. Please try again."},
	"ServiceUnavailable":    {http.StatusServiceUnavailable, "Please reduce your request rate."},
}

// Refusal returns a fault that reads a whole PUT and answers with R2's error of this code. If R2
// does not use the code for uploads, the status is 400.
func Refusal(code string) fault.Fault {
	known, ok := refusals[code]
	if !ok {
		known = refusal{http.StatusBadRequest, code}
	}
	body, err := xml.Marshal(errorBody{Code: code, Message: known.message})
	if err != nil {
		panic(err) // cannot happen, because strings can always be encoded
	}
	return fault.Fault{
		Kind: fault.Answer, At: fault.Whole, Status: known.status, Type: "application/xml", Body: xml.Header + string(body),
	}
}

// errorBody is the XML body of an error answer.
type errorBody struct {
	XMLName xml.Name `xml:"Error"`
	Code    string   `xml:"Code"`
	Message string   `xml:"Message"`
}

// maxError is the maximum number of bytes of an error body that are read.
const maxError = 64 << 10

// translate changes those error answers of the S3 server that differ from R2's. For example, the S3
// server reports an expired URL with the code AccessDenied, and R2 reports it with ExpiredRequest.
func translate(response *http.Response) error {
	if response.StatusCode < 400 {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxError))
	if err != nil {
		return err
	}
	var found errorBody
	if xml.Unmarshal(body, &found) == nil && found.Code == "AccessDenied" && strings.HasPrefix(found.Message, "Request has expired") {
		expired := Refusal("ExpiredRequest")
		body, response.StatusCode = []byte(expired.Body), expired.Status
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// broken answers a request that the proxy could not forward to the S3 server because of the error
// err.
func broken(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errDigest):
		Refusal("BadDigest").ServeHTTP(w, r)
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // the client has disconnected, so the request is aborted without an answer
	default:
		fault.Status(http.StatusBadGateway).After(0).ServeHTTP(w, r)
	}
}
