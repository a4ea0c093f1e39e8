package main

import (
	"context"
	"errors"
	"os"

	"golang.org/x/term"

	"masterhand/infra/local/proof/tour"
	"masterhand/shared/request/signature"
)

// demo starts a system of its own and takes the tour through it.
func demo(ctx context.Context, args []string) error {
	flags := newFlags("demo", "", "A guided tour; exits 1 if anything is not as it should be.")
	size := flags.Int64("size", 300, "size in MB of the large master that is made on the fly; 0 leaves it out")
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	here, err := start(ctx, wanted{})
	if err != nil {
		return err
	}
	secrets, err := tourSecrets(here.ready.Destinations)
	announcers, unusable := announcers(here.ready)
	if err = errors.Join(err, unusable); err == nil {
		err = tour.Run(ctx, tour.Config{
			System: here.System, Secrets: secrets, Senders: announcers, Out: os.Stdout, Terminal: term.IsTerminal(int(os.Stdout.Fd())), BigSize: *size << 20,
		})
	}
	return errors.Join(err, here.stop())
}

// tourSecrets reads the first secret of each scheme.
func tourSecrets(path string) (tour.Secrets, error) {
	list, err := loadSenders(path)
	if err != nil {
		return tour.Secrets{}, err
	}
	secrets := tour.Secrets{Keys: map[signature.Scheme]signature.Key{}, Unknown: func() (signature.Key, error) {
		return signature.NewKey(signature.Outpost, newSecret(signature.Outpost))
	}}
	for _, s := range list {
		if secrets.Keys[s.Scheme], err = signature.NewKey(s.Scheme, s.Secrets[0]); err != nil {
			return tour.Secrets{}, err
		}
	}
	return secrets, nil
}
