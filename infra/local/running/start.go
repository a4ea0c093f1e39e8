package running

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/masters/s3store"
)

// Config is the configuration of a system. Only the field Progress is required.
type Config struct {
	// Data is the folder for the system's data. "" means a temporary folder, which Stop deletes.
	Data string
	// Destinations and Senders are the paths of the two files with secrets. "" means a file in the
	// data folder, which Start makes if it is missing.
	Destinations, Senders string
	// Port is the port of the function URL at 127.0.0.1. The URL for announcements gets Port + 1,
	// and the page Port + 2. 0 means that all three get free ports.
	Port        int
	Empty       bool      // whether Start must fail if the masters bucket of the data folder holds objects
	HoldCollect bool      // whether announcements stay in their queue, because collect is not started
	Progress    io.Writer // Start writes one line to it before each slow step
}

// Started is a system that this process runs.
type Started struct {
	*system.System
	Ready System

	root      string
	temporary temporary // folder that Stop deletes; the zero value if Config names the data folder
	log       *os.File
}

// grace is the time for which running requests may continue when the system stops. After that time,
// the functions are interrupted and must release the requests that are still open.
const grace = 10 * time.Second

// Start builds and starts the whole system. The caller must call Stop. If ctx ends before the
// system runs, Start returns the error of ctx.
func Start(ctx context.Context, c Config) (_ *Started, err error) {
	s := &Started{}
	if s.root, err = system.Root(); err != nil {
		return nil, err
	}
	if c.Data == "" {
		if err := removeLeft(os.TempDir()); err != nil {
			fmt.Fprintln(c.Progress, "warning: cannot remove files of an earlier run, some of them with secrets:", err)
		}
		if s.temporary, err = newTemporary(os.TempDir()); err != nil {
			return nil, err
		}
		c.Data = s.temporary.path
	}
	defer func() {
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			err = fmt.Errorf("ended before it was up: %w", context.Cause(ctx))
		}
		err = errors.Join(err, s.temporary.remove())
	}()
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if err := services.CheckNode(ctx, s.root); err != nil {
		return nil, err
	}
	fmt.Fprintln(c.Progress, "building …")
	programs, err := system.Build(ctx, s.root, c.Progress)
	if err != nil {
		return nil, err
	}
	if s.log, err = os.OpenFile(filepath.Join(c.Data, "log.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	fmt.Fprintln(c.Progress, "starting S3, DynamoDB, SQS and the functions …")
	s.System, err = system.Start(ctx, system.Config{
		Root: s.root, Programs: programs, Data: c.Data, Destinations: c.Destinations, Senders: c.Senders, Log: s.log,
		Port: c.Port, HoldCollect: c.HoldCollect,
	})
	if err != nil && s.temporary.path == "" {
		err = fmt.Errorf("%w\n(log: %s)", err, s.log.Name())
	}
	if err != nil {
		return nil, err
	}
	s.Ready = s.describe(c)
	if c.Empty {
		if err := s.requireEmpty(ctx); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// PagePort returns the port of the page; 0 means a free port.
func (c Config) PagePort() int {
	if c.Port == 0 {
		return 0
	}
	return c.Port + 2
}

// prepare makes the data folder, and the two files with secrets if they are missing.
func (c *Config) prepare() (err error) {
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return err
	}
	if err = os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	if c.Destinations, err = destinationsFile(c.Destinations, c.Data); err != nil {
		return err
	}
	c.Senders, err = sendersFile(c.Senders, c.Data)
	return err
}

func (s *Started) describe(c Config) System {
	return System{
		FulfillURL: s.FulfillURL,
		IntakeURL:  s.IntakeURL,
		S3: S3{
			Endpoint: s.System.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
			MastersBucket: services.MastersBucket, IndexBucket: services.IndexBucket, IntakeBucket: services.IntakeBucket,
		},
		DynamoDB:     DynamoDB{Endpoint: s.System.DynamoDB, Table: services.Table},
		SQS:          SQS{Endpoint: s.System.SQS},
		Doors:        Doors{QueueURL: s.DoorQueueURL, Bucket: services.DoorBucket},
		Destinations: c.Destinations,
		Senders:      c.Senders,
		Log:          s.log.Name(),
	}
}

// requireEmpty returns an error if the masters bucket holds an object.
func (s *Started) requireEmpty(ctx context.Context) error {
	key, err := s.AnyMaster(ctx)
	if key != "" {
		return fmt.Errorf("the data folder's masters bucket must be empty (it holds %q): choose another folder", key)
	}
	return err
}

// AnyMaster returns the key of an object in the masters bucket, or "" if the bucket is empty.
func (s *Started) AnyMaster(ctx context.Context) (key string, err error) {
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: services.MastersBucket}
	for object, err := range bucket.List(ctx, "") {
		return object.Key, err
	}
	return "", nil
}

// Publish calls the function [Publish] for the system and its checkout.
func (s *Started) Publish() (withdraw func(), err error) { return Publish(s.root, s.Ready) }

// Stop stops the system. It deletes the data folder if that folder is temporary.
func (s *Started) Stop() error { return errors.Join(s.close(), s.temporary.remove()) }

func (s *Started) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return errors.Join(s.Close(ctx), s.log.Close())
}
