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
	long: `Empties the index, which can be made again from the masters. The masters, and the events
that other platforms announced, are emptied, with all their versions, only if the stack
was deployed with keep=false, so that their buckets are to go with it, and each bucket's
name is typed. A bucket that was there before the stack is never touched.
Deploy with -c keep=false first if the masters are to go. At the end it lifts the stack's
protection, for which CDK refuses to delete it until then.`,
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
	going, err := s.going(ctx, d)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("The index of %s (bucket %s) is to be emptied; no request is answered from then on.", d.stack, d.index)
	if err := s.mustConfirm(s.name, question); err != nil {
		return err
	}
	command := "npx cdk destroy -c name=" + s.name
	for _, k := range going {
		if !k.goes {
			s.printf("bucket %s with the %s is kept, and what else the stack keeps\n", k.bucket, k.what)
			continue
		}
		command = "npx cdk destroy -c name=" + s.name + " -c keep=false"
		question := fmt.Sprintf("ALL %s in bucket %s, with all their versions, are to be deleted for ever. (To keep them, deploy with -c keep=true.)", strings.ToUpper(k.what), k.bucket)
		if err := s.mustConfirm(k.bucket, question); err != nil {
			return err
		}
	}
	for _, k := range going {
		if !k.goes {
			continue
		}
		if err := s.tellEmptied(ctx, k.bucket); err != nil {
			return err
		}
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

// kept is a bucket of what cannot be made again.
type kept struct {
	what, bucket string
	logical      string // what its id in the template begins with
	goes         bool   // with the stack
}

// going says of the buckets whether they go with the stack: the template as it was
// deployed says so, and not what somebody remembers to have told it.
func (s *session) going(ctx context.Context, d deployment) ([]kept, error) {
	list := []kept{{what: "masters", bucket: d.masters, logical: "Masters"}}
	if d.intake.bucket != "" {
		list = append(list, kept{what: "announcements", bucket: d.intake.bucket, logical: "Announcements"})
	}
	out, err := s.cloudformation().GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &d.stack})
	if err != nil {
		return nil, fmt.Errorf("reading the stack's template: %w", err)
	}
	var template struct {
		Resources map[string]struct {
			Type           string
			DeletionPolicy string
		}
	}
	if json.Unmarshal([]byte(value(out.TemplateBody)), &template) != nil || len(template.Resources) == 0 {
		return nil, errTemplate
	}
	for i, k := range list {
		for id, r := range template.Resources { // a bucket that was there before is none of them
			list[i].goes = list[i].goes || r.Type == "AWS::S3::Bucket" && strings.HasPrefix(id, k.logical) && r.DeletionPolicy == "Delete"
		}
	}
	return list, nil
}
