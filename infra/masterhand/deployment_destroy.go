package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
)

func destroyCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "destroy", Short: "Empty the buckets that keep the stack from being deleted", Args: takesNone,
		Long: `Turns off the stack's EventBridge rules, whose calls would fill the index again.
Then the command empties the index, which can be made again from the masters. It
also empties the masters bucket and the bucket of announcements, with all versions,
if the stack was deployed with keep=false and you type each bucket's name. It never
touches a bucket that existed before the stack.

To delete the masters too, deploy with -c keep=false first. At the end the command
lifts the stack's termination protection, which earlier versions set, and prints
the command that deletes the stack. The functions' URLs are deleted with the stack;
a new stack has new URLs. If the first deployment of a stack failed, the command
lists the parts that are left.`,
		Example: examples("destroy --name staging"),
		RunE: func(c *cobra.Command, _ []string) error {
			if s.localFlag.given {
				return errLocalDestroy
			}
			s.localOnlyIfGiven = true
			d, err := s.deployment(c.Context())
			switch {
			case errors.Is(err, errNeverStood):
				return s.clearAway(c.Context(), d)
			case err != nil:
				return err
			}
			return s.destroy(c.Context(), d)
		},
	}
}

// errLocalDestroy is the error for a system on this machine. Its text says how to end such a
// system.
var errLocalDestroy = fmt.Errorf("%w: Ctrl-C ends a system on this machine, and deletes its files unless it was started with --data", errAWSOnly)

// destroy empties the buckets that are deleted with the stack. It empties the index last: each
// deleted master sends an event, which can make the function index write to the index again.
func (s *session) destroy(ctx context.Context, d deployment) error {
	going, err := s.going(ctx, d)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("The index of %s (bucket %s) will be emptied. After that no request can be delivered.", d.stack, d.index)
	if err := s.mustConfirm(s.name, question); err != nil {
		return err
	}
	command := "npx cdk destroy -c name=" + s.name
	for _, k := range going {
		if !k.goes {
			s.printf("bucket %s with the %s is kept, like the other parts that the stack keeps\n", k.bucket, k.what)
			continue
		}
		command = "npx cdk destroy -c name=" + s.name + " -c keep=false"
		question := fmt.Sprintf("ALL %s in bucket %s, with all their versions, will be deleted for ever. (To keep them, deploy with -c keep=true.)", strings.ToUpper(k.what), k.bucket)
		if err := s.mustConfirm(k.bucket, question); err != nil {
			return err
		}
	}
	rules, err := s.rules(ctx, d)
	if err != nil {
		return err
	}
	if err = s.turn(ctx, rules, off); err == nil {
		err = s.emptyAll(ctx, d, going)
	}
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turningOn)
		defer cancel()
		return errors.Join(err, s.turn(ctx, rules, on))
	}
	if err := s.unprotect(ctx, d); err != nil {
		return err
	}
	s.printf("\nnow run   %s\nIf that fails because a bucket is not empty, an object event came late: run this command again.\n", command)
	s.printf("The functions' URLs are deleted with the stack. After another deployment, give its new URLs to the platform's portal and to each sender.\n")
	if len(rules) > 0 {
		s.printf("\nThe stack's rules are off. To keep the stack, turn them on again:\n")
	}
	for _, rule := range rules {
		s.printf("  aws events enable-rule --name %s --region %s\n", rule, s.aws.Region)
	}
	return nil
}

// turningOn is the time limit for turning the EventBridge rules on again after an error.
const turningOn = 20 * time.Second

// emptyAll empties each listed data bucket that is deleted with the stack (its field goes is true).
// Then it empties the index bucket.
func (s *session) emptyAll(ctx context.Context, d deployment, going []dataBucket) error {
	for _, k := range going {
		if !k.goes {
			continue
		}
		if err := s.tellEmptied(ctx, k.bucket); err != nil {
			return err
		}
	}
	return s.tellEmptied(ctx, d.index)
}

// rules returns the names of the stack's EventBridge rules: those of the schedules and the one for
// object events.
func (s *session) rules(ctx context.Context, d deployment) (names []string, err error) {
	parts, err := s.parts(ctx, d.stack)
	for _, part := range parts {
		if value(part.ResourceType) == "AWS::Events::Rule" {
			names = append(names, value(part.PhysicalResourceId))
		}
	}
	return names, err
}

// on and off are the two values of the parameter enabled of the method turn.
const on, off = true, false

// turn turns EventBridge rules on or off. The rules must be off while buckets are emptied:
// otherwise they would start functions that write to the buckets.
func (s *session) turn(ctx context.Context, rules []string, enabled bool) error {
	client := eventbridge.NewFromConfig(s.aws)
	for _, rule := range rules {
		var err error
		if enabled {
			_, err = client.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: &rule})
		} else {
			_, err = client.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: &rule})
		}
		if err != nil {
			return fmt.Errorf("turning the rule %s on or off: %w", rule, err)
		}
	}
	return nil
}

// clearAway handles a stack whose first deployment failed. CDK deletes such a stack before the next
// deployment, but cannot delete a stack with termination protection. Therefore clearAway removes
// the protection. It also lists the resources that will stay in the account.
func (s *session) clearAway(ctx context.Context, d deployment) error {
	s.printf("the first deployment of %s failed and was rolled back; this command empties nothing\n", d.stack)
	if err := s.unprotect(ctx, d); err != nil {
		return err
	}
	parts, err := s.parts(ctx, d.stack)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.ResourceStatus != types.ResourceStatusDeleteComplete && value(part.PhysicalResourceId) != "" {
			s.printf("left over: %s %s\n", value(part.ResourceType), value(part.PhysicalResourceId))
		}
	}
	s.printf("\nnow run   npx cdk deploy -c name=%s\nto deploy again, or   npx cdk destroy -c name=%s\nto delete the stack. Neither deletes the parts listed above: delete them by name.\n", s.name, s.name)
	return nil
}

// unprotect removes a stack's termination protection. The next deployment may set the protection
// again.
func (s *session) unprotect(ctx context.Context, d deployment) error {
	if !d.protected {
		return nil
	}
	_, err := s.cloudformation().UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
		StackName: &d.stack, EnableTerminationProtection: new(false),
	})
	if err != nil {
		return fmt.Errorf("lifting the stack's termination protection: %w", err)
	}
	s.printf("stack %s: termination protection lifted\n", d.stack)
	return nil
}

func (s *session) tellEmptied(ctx context.Context, bucket string) error {
	deleted, err := s.empty(ctx, bucket)
	s.printf("bucket %s: %s deleted\n", bucket, screen.Plural(deleted, "version"))
	return err
}

var errTemplate = errors.New("the stack's template cannot be read: expected JSON with resources")

// dataBucket is a bucket whose data cannot be recreated.
type dataBucket struct {
	what, bucket string
	logical      string // prefix of the bucket's logical id in the template
	goes         bool   // whether CloudFormation deletes the bucket together with the stack
}

// going returns the data buckets, and whether each is deleted with the stack. That depends on the
// deletion policy in the deployed template, not on the present settings.
func (s *session) going(ctx context.Context, d deployment) ([]dataBucket, error) {
	list := []dataBucket{{what: "masters", bucket: d.masters, logical: "Masters"}}
	if d.intake.bucket != "" {
		list = append(list, dataBucket{what: "announcements", bucket: d.intake.bucket, logical: "Announcements"})
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
		// A bucket that existed before the stack is not in the template, so it is not deleted.
		for id, r := range template.Resources {
			list[i].goes = list[i].goes || r.Type == "AWS::S3::Bucket" && strings.HasPrefix(id, k.logical) && r.DeletionPolicy == "Delete"
		}
	}
	return list, nil
}
