package masters

import (
	"errors"
	"maps"
	"time"
)

// Object is one version of an object in the masters bucket, as it is now.
type Object struct {
	Key       string
	ETag      string // quoted, as S3 gives it
	VersionID string // "" where the bucket keeps no versions
	Size      int64  // bytes
	Storage
	Modified time.Time
	Labels   Labels
}

// Storage says where S3 keeps the bytes of an object, as the answer to HEAD states it
// (Amazon S3 API Reference, HeadObject).
type Storage struct {
	// StorageClass is x-amz-storage-class; "" is the standard class.
	StorageClass string `json:"storageClass,omitempty"`
	// ArchiveStatus is x-amz-archive-status, the archive tier of Intelligent-Tiering that
	// holds the object; "" means that none does.
	ArchiveStatus string `json:"archiveStatus,omitempty"`
	// Restored reports that x-amz-restore states a finished restore. S3 stops sending the
	// header when the restored copy expires.
	Restored bool `json:"restored,omitempty"`
}

// What reading a version of an object may end in, beside faults.
var (
	ErrChanged = errors.New("object changed since it was looked at") // replaced, or gone
	ErrDenied  = errors.New("access to an object denied")            // or archived
)

// ErrBucket is a bucket that cannot be read as a whole: it is absent, or of another region or
// account, or its policy refuses.
var ErrBucket = errors.New("the bucket cannot be read")

// Archived reports that the bytes cannot be read until they are restored (Amazon S3 User
// Guide, "Working with archived objects").
func (s Storage) Archived() bool {
	inArchive := s.StorageClass == "GLACIER" || s.StorageClass == "DEEP_ARCHIVE" || s.ArchiveStatus != ""
	return inArchive && !s.Restored
}

// Same reports whether o and p are one version with the same labels in the same storage.
func (o Object) Same(p Object) bool {
	return o.Key == p.Key && o.ETag == p.ETag && o.VersionID == p.VersionID && o.Size == p.Size && o.Storage == p.Storage &&
		maps.Equal(o.Labels.Tags, p.Labels.Tags) && maps.Equal(o.Labels.Metadata, p.Labels.Metadata)
}

// Entry is one line of a listing.
type Entry struct {
	Key, ETag string
	Size      int64 // bytes
}
