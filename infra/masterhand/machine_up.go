package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"masterhand/infra/local/running"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/child"
	"masterhand/infra/local/sim/system"
)

// commandsHere returns the commands that run a system or a test on this machine.
func commandsHere(s *session) []*cobra.Command {
	return []*cobra.Command{upCommand(s), demoCommand(s), sendCommand(s), loadCommand(s)}
}

// untilOrphaned returns a function that calls run with a context that ends, at the latest, when the
// parent process ends. This is needed if the parent is "go run", because SIGTERM ends "go run" but
// does not reach this program.
func untilOrphaned(run func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		ctx, cancel := child.WithParent(c.Context(), time.Second)
		defer cancel()
		return run(ctx, args)
	}
}

func upCommand(s *session) *cobra.Command {
	config := running.Config{Progress: s.err}
	c := &cobra.Command{
		Use: "up", Short: "Run the whole system until Ctrl-C", Args: takesNone,
		Long: `Runs the whole system until Ctrl-C: the functions' binaries, S3, DynamoDB and
SQS, all at 127.0.0.1. A bucket without masters gets the sample masters, unless
--empty is given. Each request and announcement is shown as it comes and as it
changes. Ctrl-C finishes or releases the requests in flight; a second Ctrl-C
ends the program at once, and its services with it.`,
		Example: examples("up", "up --data ~/masterhand --listen 127.0.0.1:8080", "up --json"),
		RunE:    untilOrphaned(func(ctx context.Context, _ []string) error { return s.up(ctx, config) }),
	}
	flags := c.Flags()
	flags.StringVar(&config.Data, "data", "", "`folder` that keeps the data; unless given, a temporary folder that is deleted at the end")
	flags.StringVar(&config.Destinations, "destinations", "", "`file` with the destinations, a JSON list of {\"name\",\"scheme\",\"secrets\":[…]}; unless given, the command makes one")
	flags.StringVar(&config.Senders, "senders", "", "`file` with the senders' tokens, a JSON object of {\"hoox\":{\"tokens\":[\"…\"]},…}; unless given, the command makes one")
	flags.Var(checked{"", listen(&config.Port)}, "listen", "`address` of the function URL, as 127.0.0.1:PORT; announcements go to PORT+1, the page is at PORT+2, and S3, DynamoDB and SQS get free ports; unless given, all ports are free ones")
	flags.BoolVar(&config.Empty, "empty", false, "start with an empty bucket, without the sample masters; the command refuses a --data folder that holds masters")
	s.withJSON(c, "one line of JSON when the system is ready, and nothing else on standard output")
	return c
}

// maxListen is the largest port for --listen. It leaves room for two more ports: the next port
// serves announcements, and the one after that serves the page.
const maxListen = 1<<16 - 3

var errListen = fmt.Errorf("must be 127.0.0.1:PORT, where PORT is a number from 1 to %d", maxListen)

// listen returns a function that checks a value of --listen and stores its port in *to.
func listen(to *int) func(string) error {
	return func(text string) error {
		host, port, err := net.SplitHostPort(text)
		n, notNumber := strconv.Atoi(port)
		if err != nil || notNumber != nil || host != "127.0.0.1" || n < 1 || n > maxListen {
			return errListen
		}
		*to = n
		return nil
	}
}

// up runs a system until ctx ends.
func (s *session) up(ctx context.Context, c running.Config) error {
	started, err := running.Start(ctx, c)
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(s.err, err)
	}
	if err != nil {
		return err
	}
	if !c.Empty {
		err = s.withSamples(ctx, started)
	}
	if err == nil {
		err = s.serve(ctx, started, c.PagePort())
	}
	return errors.Join(err, started.Stop())
}

// withSamples puts the sample masters into the bucket if the bucket has no masters. Then masterhand
// can deliver a file for the sample events at once.
func (s *session) withSamples(ctx context.Context, started *running.Started) error {
	key, err := started.AnyMaster(ctx)
	if err != nil || key != "" {
		return err
	}
	fmt.Fprintln(s.err, "putting the sample masters into the bucket …")
	_, err = scenario.MastersOf(started.System).PutSamples(ctx)
	return err
}

// serve starts the page, publishes and prints the addresses of the system, and waits until ctx ends
// or a service of the system fails.
func (s *session) serve(ctx context.Context, started *running.Started, pagePort int) error {
	address, stop, err := s.servePage(ctx, started.Ready, pagePort)
	if err != nil {
		return err
	}
	defer stop()
	started.Ready.PageURL = address
	withdraw, err := started.Publish()
	if err != nil {
		return err
	}
	defer withdraw()
	if err := s.welcome(started.Ready); err != nil {
		return err
	}
	if !s.asJSON {
		watching, stop := context.WithCancel(ctx)
		var watched sync.WaitGroup
		watched.Go(func() { s.narrate(watching, started.Ready) })
		defer watched.Wait()
		defer stop()
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.err, "stopping …")
		return nil
	case err := <-started.Failed():
		return fmt.Errorf("%w; see %s", err, started.Ready.Log)
	}
}

// welcome prints the addresses of the system, and the commands to try.
func (s *session) welcome(at running.System) error {
	if s.asJSON {
		line, err := at.Line()
		if err == nil {
			_, err = s.Out.Write(line)
		}
		return err
	}
	s.printf(`
masterhand is running.

  page           %s   (shows all changes within a second)
  function URL   %s
  announcements  %s{sender}/{token}
  doors          queue %s, bucket %s
  S3             %s, bucket %s
  credentials    export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s   (region %s)

  request a master   %s   (in another terminal)
  upload masters     %s   (or a folder of yours)
  destinations       %s   (a change takes effect within a second)
  senders' tokens    %s   (a change takes effect within a second)
  log                %s

Ctrl-C ends the system. Requests and announcements follow:

`, at.PageURL, at.FulfillURL, at.IntakeURL, at.Doors.QueueURL, at.Doors.Bucket, at.S3.Endpoint, at.S3.MastersBucket, at.S3.AccessKey, at.S3.SecretKey, at.S3.Region,
		typed("send requested-exact"), typed("upload "+sampleFolder()+onThisMachine), at.Destinations, at.Senders, at.Log)
	return nil
}

// sampleFolder returns the path of the folder with the sample masters, relative to the working
// folder.
func sampleFolder() string {
	root, noRoot := system.Root()
	here, nowhere := os.Getwd()
	folder, unrelated := filepath.Rel(here, filepath.Join(root, "events", "masters"))
	if errors.Join(noRoot, nowhere, unrelated) != nil {
		return "events/masters"
	}
	return folder
}
