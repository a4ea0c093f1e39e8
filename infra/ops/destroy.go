package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

var destroyCommand = command{
	name: "destroy", short: "empty what keeps the stack from being deleted, and tell how to delete it",
	long: `Empties the index, which can be made again from the masters. The masters are emptied,
with all their versions, only if the stack was deployed with keep=false, so that their
bucket is to go with it, and the bucket's name is typed. A bucket that was there before
the stack is never touched. Deploy with -c keep=false first if the masters are to go.
At the end it lifts the stack's protection, for which CDK refuses to delete it until then.`,
	define: func(s *session, _ *flag.FlagSet) action {
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken; -name tells the environment", errUsage)
			}
			if s.machine != nil {
				return fmt.Errorf("%w (Ctrl-C ends it)", errNotMachine)
			}
			d, err := s.deployment(ctx)
			if err != nil {
				return err
			}
			return s.destroy(ctx, d)
		}
	},
}

// destroy empties the index last: what is deleted among the masters is announced, and
// each announcement may leave something in the index.
func (s *session) destroy(ctx context.Context, d deployment) error {
	goes, err := s.mastersGo(ctx, d)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("The index of %s (bucket %s) is to be emptied; no request is answered from then on.", d.stack, d.index)
	if err := s.mustConfirm(s.name, question); err != nil {
		return err
	}
	command := "npx cdk destroy -c name=" + s.name
	if goes {
		command += " -c keep=false"
		question = fmt.Sprintf("ALL MASTERS in bucket %s, with all their versions, are to be deleted for ever. (To keep them, deploy with -c keep=true.)", d.masters)
		if err := s.mustConfirm(d.masters, question); err != nil {
			return err
		}
		if err := s.tellEmptied(ctx, d.masters); err != nil {
			return err
		}
	} else {
		s.printf("bucket %s with the masters is kept, and what else the stack keeps\n", d.masters)
	}
	if err := s.tellEmptied(ctx, d.index); err != nil {
		return err
	}
	if err := s.unprotect(ctx, d); err != nil {
		return err
	}
	s.printf("\nnow run   %s\nIf it ends with a bucket that is not empty, an announcement came late: run this once more.\n", command)
	return nil
}

// unprotect lets a stack be deleted that is protected, until the next deployment.
func (s *session) unprotect(ctx context.Context, d deployment) error {
	if !d.protected {
		return nil
	}
	_, err := s.cloudformation().UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
		StackName: &d.stack, EnableTerminationProtection: new(false),
	})
	if err != nil {
		return fmt.Errorf("lifting the stack's protection: %w", err)
	}
	s.printf("stack %s may be deleted\n", d.stack)
	return nil
}

func (s *session) tellEmptied(ctx context.Context, bucket string) error {
	deleted, err := s.empty(ctx, bucket)
	s.printf("bucket %s: %d versions deleted\n", bucket, deleted)
	return err
}

var errTemplate = errors.New("stack's template unreadable")

// mastersGo reports whether the masters' bucket goes with the stack: the template as it
// was deployed says so, and not what somebody remembers to have told it.
func (s *session) mastersGo(ctx context.Context, d deployment) (bool, error) {
	out, err := s.cloudformation().GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &d.stack})
	if err != nil {
		return false, fmt.Errorf("reading the stack's template: %w", err)
	}
	var template struct {
		Resources map[string]struct {
			Type           string
			DeletionPolicy string
		}
	}
	if json.Unmarshal([]byte(value(out.TemplateBody)), &template) != nil || len(template.Resources) == 0 {
		return false, errTemplate
	}
	for id, r := range template.Resources {
		if r.Type == "AWS::S3::Bucket" && strings.HasPrefix(id, "Masters") {
			return r.DeletionPolicy == "Delete", nil
		}
	}
	return false, nil // a bucket that was there before
}
