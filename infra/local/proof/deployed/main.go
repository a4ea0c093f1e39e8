// Command deployed runs the functions of a stack that lies in an emulated account as they
// lie there: the staged archives, the environments that the stack gave them, the queues
// that it mapped to them. It asks for a master before and after it is put in, and for one
// that another platform then announces, and checks what arrives.
//
// Invariants: an archive is run only if its hash is the one that Lambda was given; of
// what a function was told nothing is changed but what an emulated account cannot know:
// endpoints, credentials and the host of a queue's URL. Buckets, table, queues and secrets
// have on this machine the names that they have in the account.
//
//	go run ./infra/local/proof/deployed masterhand-emulated
//
// The account is found as by AWS's own command, AWS_ENDPOINT_URL included.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"masterhand/infra/local/sim/child"
)

// closing bounds the end of what was started.
const closing = 20 * time.Second

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./infra/local/proof/deployed STACK")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := child.WithParent(ctx, time.Second)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		err = run(ctx, newAccount(cfg), os.Args[1])
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "deployed: %v\n", err)
		os.Exit(1)
	}
}

// run runs a stack's functions in a folder of its own, and deletes that.
func run(ctx context.Context, a account, stack string) (err error) {
	folder, err := os.MkdirTemp("", "masterhand-deployed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	functions, err := a.functions(ctx, stack)
	if err != nil {
		return err
	}
	if err := a.unpack(ctx, functions, filepath.Join(folder, "functions")); err != nil {
		return err
	}
	s, err := start(ctx, functions, folder)
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		err = errors.Join(err, s.close(ending))
	}()
	if err := s.prove(ctx); err != nil {
		return fmt.Errorf("%w\nthe end of the log:\n%s", err, s.printed())
	}
	fmt.Println("  the deployed functions fulfilled three requests: one through the queue, one at once, one with an announced film")
	return nil
}
