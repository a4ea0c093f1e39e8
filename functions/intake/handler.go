package main

import (
	"context"
	"time"

	"masterhand/shared/announcements"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/secretsclient"
	"masterhand/shared/kit/inbound"
	"masterhand/shared/kit/secret"
	"masterhand/shared/kit/secret/secretsource"
	"masterhand/shared/kit/telemetry"
)

// reload is the longest time for which a request waits for newer tokens while older tokens are in
// memory. It is short because the sender should get its answer within a second.
const reload = 400 * time.Millisecond

func keyring(c announcements.IntakeSettings, aws awsclient.Factory, reporter telemetry.Reporter) *intake.Keyring {
	source := secretsource.Source{Client: secretsclient.New(aws), SecretID: c.IntakeSecret}
	return intake.NewKeyring(source, secret.Config{
		MaxAge: c.IntakeSecretMaxAge, Recheck: c.IntakeSecretRecheck, Reload: reload,
		Now: time.Now, OnError: func(ctx context.Context, err error) { intake.ReportLoadFailure(ctx, reporter, err) },
	})
}

// serve returns a function that answers requests to the function URL with the handler h. The
// returned function ignores its argument of type time.Time, the deadline, because h has its own
// time limits.
func serve(h *intake.Handler) func(context.Context, inbound.Request, time.Time) inbound.Answer {
	return func(ctx context.Context, r inbound.Request, _ time.Time) inbound.Answer { return h.Serve(ctx, r) }
}
