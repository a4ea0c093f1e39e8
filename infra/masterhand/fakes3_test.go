package main

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// bucket is a fake bucket with the properties that the commands use.
type bucket struct {
	bridge   bool     // whether the bucket sends its object events to EventBridge
	others   string   // notification configuration without its EventBridge part, as XML
	versions []string // versions in the bucket, each as "key@version"; a delete marker is "-key@version"
	locked   string   // a version that S3 refuses to delete; "" means none
	rules    string   // the lifecycle configuration as XML; "" means none
	stubborn bool     // whether the bucket accepts a notification configuration but does not store it
	region   string   // region of the bucket; "" means the stack's region
	account  string   // account of the bucket; "" means the stack's account
	refused  bool     // whether the bucket answers every request with 403
	deleting func()   // function that is called before versions are deleted; nil means none
}

// pageSize is the number of versions on a page of a listing.
const pageSize = 3

func (a *account) s3(w http.ResponseWriter, r *http.Request, body []byte) {
	b := a.buckets[strings.Trim(r.URL.Path, "/")]
	query := r.URL.Query()
	switch {
	case strings.HasPrefix(r.URL.Path, "/documents/state/") && a.state != "":
		fmt.Fprint(w, a.state)
	case strings.HasPrefix(r.URL.Path, "/documents/reindex/") && a.lastRun != "":
		fmt.Fprint(w, a.lastRun)
	case strings.HasPrefix(r.URL.Path, "/documents/state/"), strings.HasPrefix(r.URL.Path, "/documents/reindex/"):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`)
	case b == nil:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>`)
	case r.Method == http.MethodHead:
		w.Header().Set("X-Amz-Bucket-Region", cmp.Or(b.region, "eu-central-1"))
		owner := cmp.Or(r.Header.Get("X-Amz-Expected-Bucket-Owner"), b.account)
		switch {
		case b.region != "":
			w.WriteHeader(http.StatusMovedPermanently)
		case b.refused, b.account != owner && !(b.account == "" && owner == "000000000000"):
			w.WriteHeader(http.StatusForbidden)
		}
	case query.Has("notification") && r.Method == http.MethodGet:
		bridge := ""
		if b.bridge {
			bridge = "<EventBridgeConfiguration/>"
		}
		fmt.Fprintf(w, "<NotificationConfiguration>%s%s</NotificationConfiguration>", b.others, bridge)
	case query.Has("notification") && r.Method == http.MethodPut:
		b.configure(string(body))
	case query.Has("lifecycle") && b.rules == "":
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchLifecycleConfiguration</Code><Message>There is none.</Message></Error>`)
	case query.Has("lifecycle") && b.rules == "denied":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	case query.Has("lifecycle"):
		fmt.Fprintf(w, "<LifecycleConfiguration>%s</LifecycleConfiguration>", b.rules)
	case query.Has("versions"):
		b.list(w, query.Get("key-marker")+"@"+query.Get("version-id-marker"))
	case query.Get("list-type") == "2":
		// A listing of current objects is always empty: the fake buckets hold only versions.
		fmt.Fprint(w, "<ListBucketResult></ListBucketResult>")
	case query.Has("delete"):
		b.delete(w, body)
	default:
		a.t.Errorf("S3 was asked %s %s", r.Method, r.URL)
	}
}

// configure replaces the bucket's whole notification configuration, as S3 does.
func (b *bucket) configure(body string) {
	if b.stubborn {
		return
	}
	_, inner, _ := strings.Cut(body, ">")
	inner, _, _ = strings.Cut(inner, "</NotificationConfiguration>")
	const bridge = "<EventBridgeConfiguration></EventBridgeConfiguration>"
	b.bridge = strings.Contains(inner, bridge)
	b.others = strings.Replace(inner, bridge, "", 1)
}

// list answers with the page of versions that comes after the marker.
func (b *bucket) list(w http.ResponseWriter, after string) {
	var shown []string
	for _, v := range b.versions {
		if strings.TrimPrefix(v, "-") > after || after == "@" {
			shown = append(shown, v)
		}
	}
	more := len(shown) > pageSize
	shown = shown[:min(pageSize, len(shown))]
	fmt.Fprintf(w, "<ListVersionsResult><IsTruncated>%t</IsTruncated>", more)
	for _, v := range shown {
		element := "Version"
		if strings.HasPrefix(v, "-") {
			element = "DeleteMarker"
		}
		key, version, _ := strings.Cut(strings.TrimPrefix(v, "-"), "@")
		fmt.Fprintf(w, "<%[1]s><Key>%[2]s</Key><VersionId>%[3]s</VersionId></%[1]s>", element, key, version)
	}
	if more {
		key, version, _ := strings.Cut(strings.TrimPrefix(shown[len(shown)-1], "-"), "@")
		fmt.Fprintf(w, "<NextKeyMarker>%s</NextKeyMarker><NextVersionIdMarker>%s</NextVersionIdMarker>", key, version)
	}
	fmt.Fprint(w, "</ListVersionsResult>")
}

func (b *bucket) delete(w http.ResponseWriter, body []byte) {
	var in struct {
		Object []struct{ Key, VersionId string }
	}
	_ = xml.Unmarshal(body, &in)
	if b.deleting != nil {
		b.deleting()
	}
	fmt.Fprint(w, "<DeleteResult>")
	for _, o := range in.Object {
		id := o.Key + "@" + o.VersionId
		if id == b.locked {
			fmt.Fprintf(w, "<Error><Key>%s</Key><VersionId>%s</VersionId><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", o.Key, o.VersionId)
			continue
		}
		b.versions = slices.DeleteFunc(b.versions, func(v string) bool { return strings.TrimPrefix(v, "-") == id })
	}
	fmt.Fprint(w, "</DeleteResult>")
}
