package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/request/transfer/transfertest"
)

const (
	// rate is what one connection to the source yields, in bytes a second, and
	// firstByte how long it takes to begin: S3 as seen from Lambda.
	rate      = 90e6
	firstByte = 20 * time.Millisecond
)

// source serves the objects N/object of N bytes in the bucket masters, made as
// they are sent, in the subset of S3 that the contestants speak: ranges, HEAD, and
// the listing of one object's folder that rclone begins with.
func source() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /masters/{size}/object", sendObject)
	mux.HandleFunc("GET /masters", listFolder)
	return mux
}

func sendObject(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
	if err != nil || size < 0 {
		http.NotFound(w, r)
		return
	}
	time.Sleep(firstByte)
	transfertest.NewStore(transfertest.Pattern{Size: size}).ServeHTTP(&paced{ResponseWriter: w, begun: time.Now()}, r)
}

func listFolder(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(strings.TrimSuffix(r.URL.Query().Get("prefix"), "/"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = fmt.Fprintf(w, "<ListBucketResult><Name>masters</Name><Prefix>%d/</Prefix><IsTruncated>false</IsTruncated>"+
		"<Contents><Key>%d/object</Key><Size>%d</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents></ListBucketResult>", size, size, size)
}

// paced holds an answer's body back to rate.
type paced struct {
	http.ResponseWriter
	begun time.Time
	sent  int64
}

// Write implements [http.ResponseWriter], in steps short enough for an even flow.
func (p *paced) Write(b []byte) (int, error) {
	const step = 64 << 10
	total := 0
	for total < len(b) {
		n, err := p.ResponseWriter.Write(b[total:min(total+step, len(b))])
		total += n
		p.sent += int64(n)
		if err != nil {
			return total, err
		}
		due := time.Duration(float64(p.sent) / rate * float64(time.Second))
		time.Sleep(due - time.Since(p.begun))
	}
	return total, nil
}
