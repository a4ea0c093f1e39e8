package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// iamVersion is the API version of IAM. No other service uses it, so it identifies IAM's requests.
const iamVersion = "2010-05-08"

// userKey is an access key of an IAM user.
type userKey struct {
	id         string
	made, used time.Time
}

// iam answers requests to IAM. A user has at most two keys, and only the answer to CreateAccessKey
// contains a key's secret.
func (a *account) iam(w http.ResponseWriter, r *http.Request) {
	action, user := r.Form.Get("Action"), r.Form.Get("UserName")
	a.calls[action]++
	fail := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>refused</Message></Error></ErrorResponse>`, code)
	}
	if _, known := a.users[user]; !known && action != "GetAccessKeyLastUsed" {
		fail(http.StatusNotFound, "NoSuchEntity")
		return
	}
	var out strings.Builder
	switch action {
	case "ListAccessKeys":
		out.WriteString("<AccessKeyMetadata>")
		for _, k := range a.users[user] {
			fmt.Fprintf(&out, "<member><UserName>%s</UserName><AccessKeyId>%s</AccessKeyId><Status>Active</Status><CreateDate>%s</CreateDate></member>",
				user, k.id, k.made.Format(time.RFC3339))
		}
		out.WriteString("</AccessKeyMetadata><IsTruncated>false</IsTruncated>")
	case "GetAccessKeyLastUsed":
		out.WriteString("<AccessKeyLastUsed>")
		for _, keys := range a.users {
			for _, k := range keys {
				if k.id == r.Form.Get("AccessKeyId") && !k.used.IsZero() {
					fmt.Fprintf(&out, "<LastUsedDate>%s</LastUsedDate>", k.used.Format(time.RFC3339))
				}
			}
		}
		out.WriteString("<ServiceName>sqs</ServiceName><Region>eu-central-1</Region></AccessKeyLastUsed>")
	case "CreateAccessKey":
		if len(a.users[user]) >= 2 {
			fail(http.StatusConflict, "LimitExceeded")
			return
		}
		id := fmt.Sprintf("AKIANEW%d", a.calls[action])
		a.users[user] = append(a.users[user], userKey{id: id, made: noon})
		fmt.Fprintf(&out, "<AccessKey><UserName>%s</UserName><AccessKeyId>%s</AccessKeyId><Status>Active</Status><SecretAccessKey>%s</SecretAccessKey></AccessKey>", user, id, keySecret)
	case "DeleteAccessKey":
		a.users[user] = slices.DeleteFunc(a.users[user], func(k userKey) bool { return k.id == r.Form.Get("AccessKeyId") })
	default:
		a.t.Errorf("operation iam.%s", action)
	}
	fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, out.String())
}

// keySecret is the secret of every access key that the fake makes.
const keySecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
