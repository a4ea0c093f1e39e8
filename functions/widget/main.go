// Command widget is the function that returns the HTML of the dashboard's widget. Package page
// renders this HTML. Everybody who looks at the dashboard calls this function, so its role may only
// read.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/announcements/senders"
	timelines "masterhand/shared/announcements/timeline/dynamostore"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/views"
	"masterhand/shared/views/page"
)

func main() {
	c, err := views.LoadWidget(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	store := dynamostore.Store{Client: dynamoclient.New(aws), Table: c.LedgerTable}
	h := handler{
		sources: page.Sources{
			Requests: store, Names: store, Blobs: s3store.Blobs{Client: s3client.New(aws), Bucket: c.IndexBucket}, Libraries: c.Libraries,
			Timelines: timelines.Store{Client: store.Client, Table: c.LedgerTable}, Senders: senders.Names(),
		},
		name:   strings.TrimPrefix(c.MetricsNamespace, "masterhand/"),
		report: telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace),
		now:    time.Now,
	}
	bootstrap.Start(h.handle)
}

// endpoint returns the ARN by which CloudWatch called the function. Links in the widget use it to call the
// function again.
func endpoint(ctx context.Context) string {
	if at, known := lambdacontext.FromContext(ctx); known {
		return at.InvokedFunctionArn
	}
	return ""
}
