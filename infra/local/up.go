package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"masterhand/infra/local/running"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// grace is how long requests in flight may take to end when the system stops; what
// has not ended by then is released.
const grace = 10 * time.Second

// up runs the system until ctx ends.
func up(ctx context.Context, args []string) error {
	flags := newFlags("up", "", "Runs the whole system, until Ctrl-C.")
	asJSON := flags.Bool("json", false, "print one line of JSON on stdout when ready, and nothing else there")
	var given wanted
	flags.StringVar(&given.data, "data", "", "folder to keep data in; a temporary one, deleted at the end, unless told")
	flags.StringVar(&given.destinations, "destinations", "", `file with the destinations, a JSON list of {"name","scheme","secrets":[…]}; made unless told`)
	flags.StringVar(&given.senders, "senders", "", `file with the senders' tokens, a JSON object of {"hoox":{"tokens":["…"]},…}; made unless told`)
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	here, err := start(ctx, given)
	if err != nil {
		return err
	}
	err = here.serve(ctx, *asJSON)
	return errors.Join(err, here.stop())
}

// started is a running system with its folder.
type started struct {
	*system.System
	ready     running.System
	root      string
	temporary temporary // folder to delete at the end; none where it is to be kept
	log       *os.File
}

// wanted is what to start.
type wanted struct {
	data, destinations, senders string // where things are to be; "" leaves a place to us
	holdCollect                 bool   // leave what is announced in its queue
}

// start builds and starts everything, telling on stderr what takes time.
func start(ctx context.Context, at wanted) (_ *started, err error) {
	r := &started{}
	if r.root, err = system.Root(); err != nil {
		return nil, err
	}
	if at.data == "" {
		if err := removeLeft(os.TempDir()); err != nil {
			fmt.Fprintln(os.Stderr, "warning: what an earlier run left, secrets among it, is still there:", err)
		}
		if r.temporary, err = newTemporary(os.TempDir()); err != nil {
			return nil, err
		}
		at.data = r.temporary.path
	}
	defer func() {
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			err = fmt.Errorf("ended before it was up: %w", context.Cause(ctx))
		}
		err = errors.Join(err, r.temporary.remove())
	}()
	if err := at.prepare(); err != nil {
		return nil, err
	}
	if err := services.CheckNode(ctx, r.root); err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "building … (the first time takes a minute or two)")
	programs, err := system.Build(ctx, r.root)
	if err != nil {
		return nil, err
	}
	if r.log, err = os.OpenFile(filepath.Join(at.data, "log.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "starting S3, DynamoDB, SQS and the functions …")
	r.System, err = system.Start(ctx, system.Config{
		Root: r.root, Programs: programs, Data: at.data, Destinations: at.destinations, Senders: at.senders, Log: r.log, HoldCollect: at.holdCollect,
	})
	if err != nil && r.temporary.path == "" {
		err = fmt.Errorf("%w\n(log: %s)", err, r.log.Name())
	}
	if err != nil {
		return nil, err
	}
	r.ready = r.describe(at)
	return r, nil
}

// prepare makes the folder, and the files that nobody gave.
func (p *wanted) prepare() (err error) {
	if p.data, err = filepath.Abs(p.data); err != nil {
		return err
	}
	if err = os.MkdirAll(p.data, 0o700); err != nil {
		return err
	}
	if p.destinations, err = destinationsFile(p.destinations, p.data); err != nil {
		return err
	}
	p.senders, err = sendersFile(p.senders, p.data)
	return err
}

func (r *started) describe(at wanted) running.System {
	return running.System{
		FulfillURL: r.FulfillURL,
		IntakeURL:  r.IntakeURL,
		S3: running.S3{
			Endpoint: r.System.S3, Region: services.Region, AccessKey: r.AccessKey, SecretKey: r.SecretKey,
			MastersBucket: services.MastersBucket, IndexBucket: services.IndexBucket, IntakeBucket: services.IntakeBucket,
		},
		DynamoDB:     running.DynamoDB{Endpoint: r.System.DynamoDB, Table: services.Table},
		SQS:          running.SQS{Endpoint: r.System.SQS},
		Destinations: at.destinations,
		Senders:      at.senders,
		Log:          r.log.Name(),
	}
}

// serve says that the system is ready, and waits for the end of ctx or of a service.
func (r *started) serve(ctx context.Context, asJSON bool) error {
	line, err := r.ready.Line()
	if err != nil {
		return err
	}
	withdraw, err := running.Publish(r.root, r.ready)
	if err != nil {
		return err
	}
	defer withdraw()
	if asJSON {
		fmt.Print(string(line))
	} else {
		fmt.Printf(welcome, r.FulfillURL, r.IntakeURL, r.System.S3, services.MastersBucket, r.AccessKey, r.SecretKey, services.Region,
			services.MastersBucket, r.System.S3, r.ready.Destinations, r.ready.Senders, r.ready.Log)
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "stopping …")
		return nil
	case err := <-r.Failed():
		return fmt.Errorf("%w; see %s", err, r.ready.Log)
	}
}

const welcome = `
masterhand is running.

  function URL   %s
  announcements  %s{sender}/{token}
  S3             %s, bucket %s
  credentials    export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s

  put a master in    aws s3 cp film.mp4 s3://%s/HRT-1212/v2/en/9x16.mp4 --endpoint-url %s
  ask for it         make send EVENT=events/requested-exact.json   (in another terminal)
  destinations       %s   (a change holds within a second)
  senders' tokens    %s   (so does one here)
  log                %s

Ctrl-C ends it.
`

// stop ends everything and deletes what was temporary.
func (r *started) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return errors.Join(r.Close(ctx), r.log.Close(), r.temporary.remove())
}
