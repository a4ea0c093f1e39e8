package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// The limits of object tags. Source: Amazon S3 User Guide, "Categorizing your objects using tags".
const (
	maxTags     = 10  // largest number of tags of one object
	maxTagValue = 256 // largest number of characters in a tag's value
)

var (
	errNoFile     = errors.New("the bucket has no such file")
	errNoOwner    = errors.New("the key does not begin with the prefix of any library")
	errManyTags   = fmt.Errorf("an object has at most %d tags", maxTags)
	errTagValue   = fmt.Errorf("the value of a tag has at most %d letters, digits, spaces and + - = . _ : / @", maxTagValue)
	errOvertaken  = errors.New("the file or its tags changed since they were shown; nothing was written: run the command again")
	errReplaced   = errors.New("the file was replaced while its tags were written, so the new file may lack the tags: run the command again")
	errNotAllTags = errors.New("not all tags were written")
)

// tagChange is a change of an object's tags. The names of the new tags are in lower case. A new tag
// replaces any tag whose name differs only in case, because masterhand ignores the case of a tag's
// name.
type tagChange struct {
	set   map[string]string
	unset []string
}

// merged returns the tags that an object has after the change. If S3 does not allow these tags, it
// returns errManyTags or errTagValue.
func (c tagChange) merged(tags []types.Tag) ([]types.Tag, error) {
	var after []types.Tag
	for _, tag := range tags {
		name := strings.ToLower(value(tag.Key))
		if _, replaced := c.set[name]; !replaced && !slices.Contains(c.unset, name) {
			after = append(after, tag)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.set)) {
		if text := c.set[name]; !isTagValue(text) {
			return nil, fmt.Errorf("%w (%s would be %.80q)", errTagValue, name, text)
		}
		after = append(after, types.Tag{Key: new(name), Value: new(c.set[name])})
	}
	if n := len(after); n > maxTags {
		return nil, fmt.Errorf("%w, but this object would have %d: remove %s first", errManyTags, n, screen.Plural(n-maxTags, "tag"))
	}
	return after, nil
}

func isTagValue(text string) bool {
	odd := func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("+-=._:/@", r)
	}
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxTagValue && !strings.ContainsFunc(text, odd)
}

// tagMap returns the tags by their names in lower case, because masterhand ignores the case of
// these names.
func tagMap(tags []types.Tag) map[string]string {
	all := make(map[string]string, len(tags))
	for _, tag := range tags {
		all[strings.ToLower(value(tag.Key))] = value(tag.Value)
	}
	return all
}

// tagged is an object with its tags, as the command showed them to the operator.
type tagged struct {
	object masters.Object
	tags   []types.Tag
}

// tagger reads and writes the tags of objects in the masters bucket.
type tagger struct {
	client *s3.Client
	bucket s3store.Bucket
}

func (s *session) tagger(d deployment) tagger {
	client := s.s3()
	return tagger{client, s3store.Bucket{Client: client, Name: d.masters}}
}

// read returns the object with this key and its tags. If there is no such object, it returns
// errNoFile. If the tags change while they are read, it returns errOvertaken.
func (t tagger) read(ctx context.Context, key string) (tagged, error) {
	o, err := t.bucket.Look(ctx, key)
	if errors.Is(err, masters.ErrAbsent) {
		return tagged{}, errNoFile
	}
	if err != nil {
		return tagged{}, err
	}
	if len(o.Labels.Tags) == 0 {
		return tagged{object: o}, nil
	}
	out, err := t.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &t.bucket.Name, Key: &key, VersionId: versionOf(o)})
	if err != nil {
		return tagged{}, fmt.Errorf("reading the tags: %w", err)
	}
	if !maps.Equal(tagMap(out.TagSet), o.Labels.Tags) {
		return tagged{}, errOvertaken
	}
	return tagged{o, out.TagSet}, nil
}

// write writes the tags of the object version that the operator saw. If that version or its tags
// have changed since then, it writes nothing and returns errOvertaken. After the write, it checks
// the version again, because S3 cannot write tags under a condition. If the object was replaced or
// deleted meanwhile, it returns errReplaced.
func (t tagger) write(ctx context.Context, shown tagged, tags []types.Tag) error {
	switch now, err := t.bucket.Look(ctx, shown.object.Key); {
	case errors.Is(err, masters.ErrAbsent), err == nil && !now.Same(shown.object):
		return errOvertaken
	case err != nil:
		return err
	}
	if err := t.put(ctx, shown.object, tags); err != nil {
		return fmt.Errorf("writing the tags: %w", err)
	}
	now, err := t.bucket.Look(ctx, shown.object.Key)
	switch {
	case errors.Is(err, masters.ErrAbsent), err == nil && (now.ETag != shown.object.ETag || now.VersionID != shown.object.VersionID):
		return errReplaced
	case err != nil:
		return fmt.Errorf("the tags were written, but the check afterwards failed: %w", err)
	}
	return nil
}

func (t tagger) put(ctx context.Context, o masters.Object, tags []types.Tag) error {
	if len(tags) == 0 {
		_, err := t.client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &t.bucket.Name, Key: &o.Key, VersionId: versionOf(o)})
		return err
	}
	_, err := t.client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{
		Bucket: &t.bucket.Name, Key: &o.Key, VersionId: versionOf(o), Tagging: &types.Tagging{TagSet: tags},
	})
	return err
}

// versionOf returns the id of an object's version, or nil if the bucket has no versioning.
func versionOf(o masters.Object) *string {
	if o.VersionID == "" {
		return nil
	}
	return &o.VersionID
}
