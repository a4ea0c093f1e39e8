package masters

import (
	"errors"
	"maps"
	"time"
)

// Object is the current version of an object in the masters bucket.
type Object struct {
	Key       string
	ETag      string // with quotes, as S3 returns it
	VersionID string // "" if the bucket keeps no versions
	Size      int64  // in bytes
	Storage
	Modified time.Time
	Labels   Labels
}

// Storage says where S3 keeps the bytes of an object, as the answer to HEAD states it
// (Amazon S3 API Reference, HeadObject).
type Storage struct {
	// StorageClass is x-amz-storage-class; "" is the standard class.
	StorageClass string `json:"storageClass,omitempty"`
	// ArchiveStatus is x-amz-archive-status, the archive tier of Intelligent-Tiering that holds
	// the object; "" means that no archive tier does.
	ArchiveStatus string `json:"archiveStatus,omitempty"`
	// Restored reports whether x-amz-restore states a finished restore. S3 stops sending the
	// header when the restored copy expires.
	Restored bool `json:"restored,omitempty"`
}

// The errors of reading a version of an object. Any other error is a fault of S3 or the network.
var (
	ErrChanged = errors.New("object changed since it was looked at") // the version was replaced or deleted
	ErrDenied  = errors.New("access to an object denied")            // access is denied, or the object is archived
)

// ErrBucket means that the whole bucket cannot be read: it does not exist, is in another region
// or account, or has a policy that refuses the read.
var ErrBucket = errors.New("the bucket cannot be read")

// Archived reports whether the bytes cannot be read until they are restored (Amazon S3 User
// Guide, "Working with archived objects").
func (s Storage) Archived() bool {
	inArchive := s.StorageClass == "GLACIER" || s.StorageClass == "DEEP_ARCHIVE" || s.ArchiveStatus != ""
	return inArchive && !s.Restored
}

// Same reports whether o and p are the same version of an object, with the same labels and the same
// values of Storage (storage class, archive status, restored or not).
func (o Object) Same(p Object) bool {
	return o.Key == p.Key && o.ETag == p.ETag && o.VersionID == p.VersionID && o.Size == p.Size && o.Storage == p.Storage &&
		maps.Equal(o.Labels.Tags, p.Labels.Tags) && maps.Equal(o.Labels.Metadata, p.Labels.Metadata)
}

// Entry is one object in a listing.
type Entry struct {
	Key, ETag string
	Size      int64 // in bytes
}
