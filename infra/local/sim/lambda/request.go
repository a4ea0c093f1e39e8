package lambda

import (
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	awsevents "github.com/aws/aws-lambda-go/events"
)

// urlEvent is the event of a function URL in payload format 2.0. It includes the constant members
// that the library aws-lambda-go leaves out.
type urlEvent struct {
	awsevents.LambdaFunctionURLRequest
	RouteKey       string     `json:"routeKey"`
	RequestContext urlContext `json:"requestContext"`
}

type urlContext struct {
	awsevents.LambdaFunctionURLRequestContext
	RouteKey string `json:"routeKey"`
	Stage    string `json:"stage"`
}

// event converts an HTTP request to the event that the function receives. The parameter in is the
// invocation; the event contains the invocation's id and trace header.
func (c *URLConfig) event(r *http.Request, body []byte, in Invocation, now time.Time) urlEvent {
	sourceIP, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		sourceIP = r.RemoteAddr
	}
	event := urlEvent{
		RouteKey: "$default",
		RequestContext: urlContext{
			RouteKey: "$default",
			Stage:    "$default",
			LambdaFunctionURLRequestContext: awsevents.LambdaFunctionURLRequestContext{
				AccountID:    Account,
				RequestID:    in.ID,
				APIID:        c.Name,
				DomainName:   r.Host,
				DomainPrefix: c.Name,
				Time:         now.UTC().Format("02/Jan/2006:15:04:05 -0700"),
				TimeEpoch:    now.UnixMilli(),
				HTTP: awsevents.LambdaFunctionURLRequestContextHTTPDescription{
					Method:    r.Method,
					Path:      r.URL.EscapedPath(),
					Protocol:  r.Proto,
					SourceIP:  sourceIP,
					UserAgent: r.UserAgent(),
				},
			},
		},
	}
	event.Version = "2.0"
	event.RawPath = r.URL.EscapedPath()
	event.RawQueryString = r.URL.RawQuery
	event.QueryStringParameters = joined(r.URL.Query())
	event.Headers = headers(r, len(body), sourceIP, in.Trace)
	event.Cookies = cookies(r)
	if len(body) == 0 {
		return event
	}
	event.Body = string(body)
	if c.Base64 || !isText(r.Header.Get("Content-Type")) || !utf8.Valid(body) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// headers returns the headers of a request in the form in which a function URL passes them to the
// function. Names are in lower case, and repeated headers are joined. Headers that are only about
// the connection, such as Keep-Alive, are dropped. The X-Forwarded headers state HTTPS and port
// 443, as for a real function URL.
func headers(r *http.Request, length int, sourceIP, trace string) map[string]string {
	all := make(map[string]string, len(r.Header)+6)
	for name, values := range r.Header {
		all[strings.ToLower(name)] = strings.Join(values, ",")
	}
	for _, name := range []string{"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"} {
		delete(all, name)
	}
	if length > 0 {
		all["content-length"] = strconv.Itoa(length)
	}
	if before := all["x-forwarded-for"]; before != "" {
		sourceIP = before + "," + sourceIP
	}
	all["host"] = r.Host
	all["x-amzn-trace-id"] = trace
	all["x-forwarded-for"] = sourceIP
	all["x-forwarded-port"] = "443"
	all["x-forwarded-proto"] = "https"
	return all
}

// joined returns the query parameters of a request, with the values of a repeated parameter joined
// by commas. If there are no parameters, it returns nil, so that the event has no such member.
func joined(parameters map[string][]string) map[string]string {
	if len(parameters) == 0 {
		return nil
	}
	all := make(map[string]string, len(parameters))
	for name, values := range parameters {
		all[name] = strings.Join(values, ",")
	}
	return all
}

func cookies(r *http.Request) []string {
	var all []string
	for _, line := range r.Header.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}

// isText reports whether a body of this content type is passed to the function as plain text.
// Other bodies are encoded in base64.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}
