package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/request/doors"
)

// accessCommand returns the command "access". Its subcommands make access keys for the queue and
// the bucket to which the platform sends events. Only that queue and that bucket accept events
// without a signature.
func accessCommand(s *session) *cobra.Command {
	return parent(s, &cobra.Command{
		Use: "access", Short: "Make or rotate the platform's key for the queue or the bucket",
	},
		accessDoorCommand(s, doors.Queue, "sends to the queue", examples("access queue", "access queue --show", "access queue --drop-old")),
		accessDoorCommand(s, doors.Bucket, "puts events into the bucket", examples("access bucket", "access bucket --show", "access bucket --drop-old")))
}

// accessOptions holds the flags of "access queue" and "access bucket".
type accessOptions struct{ show, dropOld, force bool }

func accessDoorCommand(s *session, door doors.Door, does, examples string) *cobra.Command {
	var o accessOptions
	c := &cobra.Command{
		Use: string(door), Short: "Make or rotate the platform's access key for the " + string(door), Args: takesNone,
		Long: `Makes an access key of the IAM user that ` + does + `, and prints the values to type into
the platform's portal. The key's secret is shown once and stored nowhere.

If the user has a key, this command makes a second key and says when the first was
last used: the platform's gateway continues to use the old key while deliveries
keep it busy. Once the new key has been used, delete the old key with --drop-old.`,
		Example: examples,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.localFlag.given {
				return errNoIAM
			}
			return s.access(c.Context(), door, o)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.show, "show", false, "only show the keys, and when each was last used")
	flags.BoolVar(&o.dropOld, "drop-old", false, "delete the older of two keys, and make no new key")
	flags.BoolVar(&o.force, "force", false, "with --drop-old: delete the older key even if it was used within the last day, or the newer key was never used")
	c.MarkFlagsMutuallyExclusive("show", "drop-old")
	s.withJSON(c, "the result as one line of JSON")
	return c
}

// accessLine returns the command line that makes or replaces the access key for the queue or the
// bucket.
func accessLine(door doors.Door) string {
	if door == doors.Bucket {
		return typed("access bucket")
	}
	return typed("access queue")
}

// maxKeys is the most access keys that an IAM user may have. Source: "IAM and AWS STS quotas" in
// the IAM User Guide.
const maxKeys = 2

var (
	errNoIAM      = fmt.Errorf("%w: there is no IAM on this machine; the queue and the bucket take the credentials that \"%s\" prints", errAWSOnly, typed("up"))
	errNoOlderKey = errors.New("the user has fewer than two keys, so there is no older key to delete")
)

// accessKey is one access key of an IAM user, as --json prints it.
type accessKey struct {
	ID   string    `json:"accessKeyId"`
	Made time.Time `json:"made"`
	Used time.Time `json:"lastUsed,omitzero"` // time of the last use; zero if IAM knows of no use
}

// granted is the result of "access queue" or "access bucket", as --json prints it.
type granted struct {
	Door     doors.Door  `json:"door"`
	QueueURL string      `json:"queueUrl,omitempty"`
	Bucket   string      `json:"bucket,omitempty"`
	Region   string      `json:"region"`
	KeyID    string      `json:"accessKeyId,omitempty"`     // id of the new key; "" if the command made no key
	Secret   string      `json:"secretAccessKey,omitempty"` // secret of the new key; IAM returns it only once
	Dropped  string      `json:"dropped,omitempty"`         // id of the deleted key; "" if the command deleted none
	Keys     []accessKey `json:"keys"`                      // all keys of the IAM user, the oldest first
}

func (s *session) access(ctx context.Context, door doors.Door, o accessOptions) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	if s.system != nil {
		return errNoIAM
	}
	user, g, err := s.doorOf(d, door)
	if err != nil {
		return err
	}
	client := iam.NewFromConfig(s.aws)
	if g.Keys, err = accessKeys(ctx, client, user); err != nil {
		return err
	}
	switch {
	case o.show:
	case o.dropOld:
		err = s.dropOldKey(ctx, client, user, &g, o.force)
	case len(g.Keys) >= maxKeys:
		return fmt.Errorf("the user has two keys, the most that IAM allows: %s; delete the older key with \"%s\"",
			s.describeKeys(g.Keys), accessLine(door)+" --drop-old")
	default:
		err = makeKey(ctx, client, user, &g)
	}
	if err != nil {
		return err
	}
	if s.asJSON {
		return s.JSON(g)
	}
	s.tellAccess(g)
	return nil
}

// doorOf returns, for the queue or the bucket, the name of the IAM user that may use it, and the
// values that the operator types into the platform's portal.
func (s *session) doorOf(d deployment, door doors.Door) (user string, g granted, err error) {
	g = granted{Door: door, Region: s.aws.Region}
	switch door {
	case doors.Queue:
		user = d.doors.queueUser
		g.QueueURL = senderURL(d.queues["DoorQueueUrl"], s.aws.Region)
	case doors.Bucket:
		user, g.Bucket = d.doors.bucketUser, d.doors.bucket
	}
	if user == "" {
		return "", g, fmt.Errorf("this deployment has no %s for the platform: add its destination to the setting \"doors\" in infra/environments/%s.json, and deploy", door, s.name)
	}
	return user, g, nil
}

// senderURL returns a queue's URL in the form that the platform's gateway expects: the gateway
// reads the region from the second label of the host.
func senderURL(queue, region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	path := ""
	if at, err := url.Parse(queue); err == nil {
		path = at.Path
	}
	return "https://sqs." + region + "." + domain + path
}

// accessKeys returns the access keys of an IAM user, the oldest first.
func accessKeys(ctx context.Context, client *iam.Client, user string) ([]accessKey, error) {
	out, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user})
	if err != nil {
		return nil, fmt.Errorf("listing the access keys of user %s: %w", user, err)
	}
	keys := []accessKey{}
	for _, k := range out.AccessKeyMetadata {
		key := accessKey{ID: value(k.AccessKeyId)}
		if k.CreateDate != nil {
			key.Made = *k.CreateDate
		}
		used, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: k.AccessKeyId})
		if err != nil {
			return nil, fmt.Errorf("reading when access key %s was last used: %w", key.ID, err)
		}
		if used.AccessKeyLastUsed != nil && used.AccessKeyLastUsed.LastUsedDate != nil {
			key.Used = *used.AccessKeyLastUsed.LastUsedDate
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b accessKey) int { return a.Made.Compare(b.Made) })
	return keys, nil
}

func makeKey(ctx context.Context, client *iam.Client, user string, g *granted) error {
	out, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		return fmt.Errorf("making an access key of user %s: %w", user, err)
	}
	g.KeyID, g.Secret = value(out.AccessKey.AccessKeyId), value(out.AccessKey.SecretAccessKey)
	return nil
}

// dropOldKey deletes the older of the two access keys of an IAM user. If the gateway may still use
// that key, dropOldKey returns an error instead, unless the parameter force is set.
func (s *session) dropOldKey(ctx context.Context, client *iam.Client, user string, g *granted, force bool) error {
	if len(g.Keys) < maxKeys {
		return errNoOlderKey
	}
	older, newer := g.Keys[0], g.Keys[1]
	inUse := !older.Used.IsZero() && s.now().Sub(older.Used) < recently
	if (inUse || newer.Used.IsZero()) && !force {
		return fmt.Errorf("the platform's gateway may still use the older key: %s; wait until the newer key has been used and the older key has not been used for a day (--force deletes it anyway)",
			s.describeKeys(g.Keys))
	}
	if _, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: &older.ID}); err != nil {
		return fmt.Errorf("deleting access key %s: %w", older.ID, err)
	}
	g.Dropped, g.Keys = older.ID, g.Keys[1:]
	return nil
}

// describeKeys returns the keys as text, with the time at which each was made and the time of its
// last use.
func (s *session) describeKeys(keys []accessKey) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		used := "never used"
		if !k.Used.IsZero() {
			used = "last used " + rounded(s.now().Sub(k.Used)) + " ago"
		}
		texts[i] = fmt.Sprintf("%s (made %s, %s)", k.ID, screen.Minute(k.Made), used)
	}
	return strings.Join(texts, ", ")
}

// tellAccess prints the values that the operator types into the platform's portal, and then the
// user's keys.
func (s *session) tellAccess(g granted) {
	if g.QueueURL != "" {
		s.printf("queue URL   %s\n", g.QueueURL)
	} else {
		s.printf("bucket      %s\n", g.Bucket)
	}
	s.printf("region      %s\n", g.Region)
	if g.KeyID != "" {
		s.printf("key         %s\nsecret      %s\n\nType these values into the platform's portal. The secret is shown only now and is stored nowhere.\n", g.KeyID, g.Secret)
	}
	if g.Dropped != "" {
		s.printf("deleted     %s\n", g.Dropped)
	}
	switch {
	case len(g.Keys) == 0 && g.KeyID == "":
		s.printf("keys        none; \"%s\" makes one\n", accessLine(g.Door))
	case len(g.Keys) > 0 && g.KeyID != "":
		s.printf("\nThe older key stays valid: %s.\nOnce the new key has been used, delete the older key with \"%s\".\n", s.describeKeys(g.Keys), accessLine(g.Door)+" --drop-old")
	case len(g.Keys) > 0:
		s.printf("keys        %s\n", s.describeKeys(g.Keys))
	}
}
