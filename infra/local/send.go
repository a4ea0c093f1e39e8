package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"masterhand/events"
	"masterhand/infra/local/running"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/nearest"
	"masterhand/shared/request/signature"
)

// send fills an event's placeholders with fresh URLs and times, proves it as its sender
// does and sends it to a running "up". It plays the far side meanwhile, and tells what
// arrived there; of what is announced it hands out a sample file, and tells what came of
// that.
func send(ctx context.Context, args []string) error {
	flags := newFlags("send", "EVENT.json", "EVENT.json is a file, or one of the samples:\n\n"+samples(""))
	to := flags.String("to", "", `file with the line that "up -json" prints; the system last started in this folder unless told`)
	name := flags.String("destination", "", "name of the destination to sign as; the first unless told")
	life := flags.Duration("life", time.Hour, "how long the request lives; negative makes an expired one")
	coordinates := flags.String("coordinates", "", `query of the URL that an announcement goes to, such as "code=HRT-1&variation=2&locale=en&aspect=9x16"`)
	id := flags.String("id", "", "what an announcement's placeholder {{id}} becomes; a new one unless told, so that nothing known is meant")
	if err := parse(flags, args, 1); err != nil {
		return err
	}
	event, announced, err := readEvent(flags.Arg(0))
	if err != nil {
		return err
	}
	up, err := selected(*to)
	if err != nil {
		return err
	}
	fmt.Printf("event       %s\n", flags.Arg(0))
	if announced.Sender != "" {
		return announcing{up: up, sample: announced, query: *coordinates, id: *id}.send(ctx)
	}
	key, scheme, err := signer(up.Destinations, *name)
	if err != nil {
		return err
	}
	return deliver(ctx, up, event, gateway.Config{Endpoint: up.FulfillURL, Scheme: scheme, Keys: []signature.Key{key}}, *life)
}

// samples lists what there is to send, a line each: those first that are called like what
// somebody named, "" for nothing.
func samples(like string) string {
	names := append(events.Names(), events.AnnouncementNames()...)
	if like != "" {
		names = nearest.Order(strings.TrimSuffix(path.Base(like), ".json"), names)
	}
	return "  " + strings.Join(names, "\n  ")
}

// errURL does not repeat what may be as secret as an upload's URL.
var errURL = errors.New("a URL in the place of an event's file")

// readEvent reads a file, or else a sample by its name.
func readEvent(name string) (events.Event, events.Announcement, error) {
	if strings.Contains(name, "://") {
		return events.Event{}, events.Announcement{}, errURL
	}
	event, announced, err := events.Read(name)
	switch at := (*fs.PathError)(nil); {
	case errors.As(err, &at):
		err = fmt.Errorf("%w\nthe samples, the nearest first:\n%s", err, samples(name))
	case err != nil:
		err = fmt.Errorf("%s: %w", name, err)
	}
	return event, announced, err
}

// selected returns the system to send to; file is "" for the newest of this checkout.
func selected(file string) (running.System, error) {
	if file != "" {
		return running.Select("", file)
	}
	root, err := system.Root()
	if err != nil {
		return running.System{}, err
	}
	return running.Select(root, "")
}

// signer returns the first secret of the destination of that name, or of the first.
func signer(path, name string) (signature.Key, signature.Scheme, error) {
	list, err := loadSenders(path)
	if err != nil {
		return signature.Key{}, "", err
	}
	for _, s := range list {
		if (name == "" || s.Name == name) && len(s.Secrets) > 0 {
			scheme, err := signature.ParseScheme(string(s.Scheme))
			if err != nil {
				return signature.Key{}, "", err
			}
			key, err := signature.NewKey(scheme, s.Secrets[0])
			return key, scheme, err
		}
	}
	return signature.Key{}, "", fmt.Errorf("no destination %q with a secret in %s", name, path)
}

// deliver sends the event and tells what came of it.
func deliver(ctx context.Context, up running.System, event events.Event, config gateway.Config, life time.Duration) error {
	platform, err := adplatform.Open(ctx, adplatform.Config{Storage: r2.Config{
		Endpoint: up.S3.Endpoint, Region: up.S3.Region, AccessKey: up.S3.AccessKey, SecretKey: up.S3.SecretKey,
		Bucket: services.PlatformBucket,
	}})
	if err != nil {
		return err
	}
	defer platform.Close()
	request, err := platform.Fill(event, adplatform.Options{ExpiresAt: time.Now().Add(life)})
	if err != nil {
		return err
	}
	sender := gateway.New(config)
	defer sender.Close()
	result := sender.Send(ctx, request.Event())
	if result.Err != nil {
		return result.Err
	}
	fmt.Printf("sent to     %s\nanswer      %d %s (%s)\n", up.FulfillURL, result.Status, result.Body, result.Duration.Round(time.Millisecond))
	if result.Status == http.StatusAccepted {
		fmt.Println("waiting     the request was handed off; Ctrl-C stops waiting")
		if _, err := platform.Conclude(ctx, request); err != nil {
			return err
		}
	}
	if err := tell(ctx, platform, request); err != nil {
		return err
	}
	if !result.Delivered {
		return fmt.Errorf("answered %d: the platform would send this event again", result.Status)
	}
	return nil
}

// tell prints what reached the far side.
func tell(ctx context.Context, platform *adplatform.Platform, request adplatform.Request) error {
	token, err := platform.Waitpoints.Token(request.Token)
	if err != nil {
		return err
	}
	if token.Completed.IsZero() {
		fmt.Println("callback    none")
	} else {
		fmt.Printf("callback    %s\n", token.Output)
	}
	if platform.Storage.Writes(request.StorageKey).Landed == 0 { // what lies there is from before
		fmt.Println("far storage nothing came")
		return nil
	}
	object, err := platform.Storage.Object(ctx, request.StorageKey)
	if err != nil {
		return err
	}
	fmt.Printf("far storage %d bytes, %s, sha256:%x\n", object.Size, object.ContentType, object.SHA256)
	return nil
}
