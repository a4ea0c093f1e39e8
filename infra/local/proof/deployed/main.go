// Command deployed runs the functions of a stack from an emulated AWS account, exactly as they are
// deployed: with the staged archives, with the stack's environment variables, and with the stack's
// queues, whose messages invoke them. It requests a master before the upload and again after it.
// Then it requests a master that the sender Hoox announces. It checks the delivered bytes.
//
// Invariants: an archive runs only if it has the hash that Lambda was given. A function gets the
// environment variables of the stack. Only endpoints, credentials and the hosts of queue URLs are
// replaced by local ones. In addition, the functions are allowed to contact this machine. Buckets,
// table, queues and secrets have the same names locally as in the account.
//
//	go run ./infra/local/proof/deployed masterhand-emulated
//
// The command reads the account's credentials and endpoint from the same places as the AWS CLI,
// for example AWS_ENDPOINT_URL.
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

// closing limits how long the services may take to end. A longer time is an error.
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

// run runs a stack's functions in a temporary folder, and deletes the folder.
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
