package masters

import (
	"errors"
	"maps"
	"time"
)

// Object is one version of an object in the masters bucket, as it is now.
type Object struct {
	Key          string
	ETag         string // quoted, as S3 gives it
	VersionID    string // "" where the bucket keeps no versions
	Size         int64  // bytes
	StorageClass string // "" is the standard one
	Modified     time.Time
	Labels       Labels
}

// What reading a version of an object may end in, beside faults.
var (
	ErrChanged = errors.New("object changed since it was looked at") // replaced, or gone
	ErrDenied  = errors.New("access to an object denied")            // or archived
)

// Archived reports that the bytes cannot be read without restoring them first.
func (o Object) Archived() bool { return archived(o.StorageClass) }

// archived reports a storage class of that kind (Amazon S3 User Guide, "Understanding and
// managing Amazon S3 storage classes").
func archived(class string) bool { return class == "GLACIER" || class == "DEEP_ARCHIVE" }

// Same reports whether o and p are one version with the same labels.
func (o Object) Same(p Object) bool {
	return o.Key == p.Key && o.ETag == p.ETag && o.VersionID == p.VersionID && o.Size == p.Size &&
		maps.Equal(o.Labels.Tags, p.Labels.Tags) && maps.Equal(o.Labels.Metadata, p.Labels.Metadata)
}

// Entry is one line of a listing.
type Entry struct {
	Key, ETag string
	Size      int64 // bytes
}
