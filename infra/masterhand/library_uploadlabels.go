package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/kit/legible"
	"masterhand/shared/library/masters"
)

// stored is the object that has a file's key, as the file was compared with it.
type stored struct {
	etag     string // "" if the bucket has no such object
	version  *string
	tags     []types.Tag
	metadata map[string]string // names are in lower case
}

// storedOf returns the object of a HEAD answer. It reads the tags of exactly that version.
func (u *upload) storedOf(ctx context.Context, key string, head *s3.HeadObjectOutput) (o stored, err error) {
	o = stored{etag: value(head.ETag), metadata: make(map[string]string, len(head.Metadata))}
	if value(head.VersionId) != "null" { // the id of S3 in a bucket that keeps no versions
		o.version = head.VersionId
	}
	for name, text := range head.Metadata {
		o.metadata[strings.ToLower(name)] = text
	}
	o.tags, err = u.tags(ctx, key, o.version)
	return o, err
}

// tags returns the tags of an object. The version is nil in a bucket that keeps no versions.
func (u *upload) tags(ctx context.Context, key string, version *string) ([]types.Tag, error) {
	out, err := u.s3().GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &u.bucket, Key: &key, VersionId: version})
	switch {
	case apiCode(err) == "NoSuchTagSet":
		return nil, nil
	case apiCode(err) == "AccessDenied":
		return nil, fmt.Errorf("reading the tags, which place the file: the credentials need s3:GetObjectTagging and s3:GetObjectVersionTagging: %w", err)
	case err != nil:
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	return out.TagSet, nil
}

// scanTag is the tag in which GuardDuty states the result of its scan of an object's bytes. Source:
// Amazon GuardDuty User Guide, "Using tag-based access control (TBAC)".
const scanTag = "GuardDutyMalwareScanStatus"

// kept returns the tags that the object's next version must have, too. It leaves out the tags of AWS
// itself and the result of a scan, because that result is not true of other bytes.
func (o stored) kept() (tags []types.Tag) {
	for _, tag := range o.tags {
		if name := value(tag.Key); name != scanTag && !strings.HasPrefix(name, "aws:") {
			tags = append(tags, tag)
		}
	}
	return tags
}

// tagging returns the kept tags as the header x-amz-tagging carries them, or nil if there are none.
func (o stored) tagging() *string {
	tags := url.Values{}
	for _, tag := range o.kept() {
		tags.Set(value(tag.Key), value(tag.Value))
	}
	if len(tags) == 0 {
		return nil
	}
	return new(strings.ReplaceAll(tags.Encode(), "+", "%20"))
}

// note returns the metadata that a file must have in place of this object: the file's SHA-256 and
// the object's metadata that place it.
func (o stored) note(s sums) map[string]string {
	note := map[string]string{labelSHA256: s.sha256}
	for _, name := range []string{masters.LabelCode, masters.LabelVariation, masters.LabelLocale, masters.LabelAspect} {
		if text := o.metadata[name]; text != "" {
			note[name] = text
		}
	}
	return note
}

// labels returns the labels that place the file in its final state: those of the object if the
// object stays, and the kept ones if the file replaces it.
func (f *file) labels() masters.Labels {
	if f.State == replaces {
		return masters.Labels{Tags: tagMap(f.stored.kept()), Metadata: f.stored.note(sums{})}
	}
	return masters.Labels{Tags: tagMap(f.stored.tags), Metadata: f.stored.metadata}
}

// labelled reports whether the file replaces an object with tags or metadata that the file takes over.
func (f *file) labelled() bool { return len(f.stored.kept()) > 0 || len(f.stored.note(sums{})) > 1 }

// place sets the file's final place, by the labels of the object with its key and by its name. It
// reports whether the file has a place.
func (u *upload) place(f *file) bool {
	named, labels := nameOf(u.library.Rules, f.Key, f.Size), f.labels()
	n := namingOf(f.Key, masters.Place(u.library, f.Key, f.Size, labels))
	f.Code, f.Number, f.Locale, f.Aspect, f.aspectLabel = n.Code, n.Variation, n.Locale, n.Aspect, labels.HasAspect()
	if f.noMaster = n.Unplaced != ""; f.noMaster {
		f.ignored = n.Never != ""
		f.note(n.Unplaced)
		return false
	}
	if n.copy {
		f.note("named as a copy: the original is preferred")
	}
	if n.LocaleUnclear != "" {
		f.note("locale unclear, so requests wait: " + n.LocaleUnclear)
	}
	if !n.creative().Same(named.creative()) || n.Locale != named.Locale {
		f.note(fmt.Sprintf("placed by the object's tags or metadata; the name says %s %s", named.creative(), dash(named.Locale)))
	}
	return true
}

// errRetagged is the error for a file that was not uploaded, because the object of its key has other
// tags than the command showed.
var errRetagged = errors.New("the tags of this key's object were changed meanwhile: run the command again")

// checkTags returns errRetagged if the object that the file replaces has other tags than it had when
// the command showed the file's place. S3 itself cannot check this, because new tags leave the ETag
// as it is.
func (u *upload) checkTags(ctx context.Context, f *file) error {
	if f.stored.etag == "" {
		return nil
	}
	tags, err := u.tags(ctx, f.Key, f.stored.version)
	switch {
	case err == nil && !sameTags(tags, f.stored.tags), apiCode(err) == "NoSuchKey", apiCode(err) == "NoSuchVersion":
		return errRetagged
	}
	return err
}

// hintExcluded prints the command that removes the tag masterhand-ignore, if files of the plan have it.
func (u *upload) hintExcluded() {
	excluded := func(f *file) bool { return f.ignored }
	if i := slices.IndexFunc(u.files, excluded); i >= 0 {
		u.printf("\nA tag excludes %s from the masters, so no request gets it. To make the first a master again:\n  %s%s %s\n",
			screen.Plural(count(u.files, excluded), "file"), typed("ignore --undo"), u.sameDeployment(), legible.ShellWords(u.files[i].Key))
	}
}
