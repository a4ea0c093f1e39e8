package timeline

import (
	"slices"
	"time"

	"masterhand/shared/announcements/senders"
)

// FileState is the state of an announced file.
type FileState string

// The states of a file.
const (
	// Announced means that the file must still be fetched, or that masterhand must still check
	// whether the object that the sender names exists.
	Announced FileState = "announced"
	Stored    FileState = "stored" // the file is in the masters bucket, at Key
	// Recorded means that the file is only listed and never fetched, because files of its kind are
	// not fetched, or because another file shows the same picture.
	Recorded FileState = "recorded"
	Skipped  FileState = "skipped" // the sender says that the file does not exist
	Failed   FileState = "failed"  // fetching the file failed for good, or no event says where to fetch it
)

// File is a file that an event announced. The event has the same subject (for example, the same film)
// as the timeline.
type File struct {
	Name   string       `json:"name"` // the file's name, unique within the subject
	Role   senders.Role `json:"role"`
	State  FileState    `json:"state"`
	Record string       `json:"record"` // the key of the record whose link or object is used for the file
	// Newest is the key of the record that announced the file and was received last. The file is
	// stored under this record's coordinates, even if it is fetched through the link of another
	// record.
	Newest string    `json:"newest,omitempty"`
	Host   string    `json:"host,omitempty"`   // the host of the file's URL; the rest of the URL is not stored
	Status string    `json:"status,omitempty"` // the sender's status for the file
	Since  time.Time `json:"since"`            // the time at which Record was added to the timeline

	Copy          // the stored object, or the object that is about to be created
	Code   string `json:"code,omitempty"`   // the code of the reason why the file is not stored or is in a wrong place
	Detail string `json:"detail,omitempty"` // the code's details; never contains a URL
	Tries  int    `json:"tries,omitempty"`
	// Slot is the slot of a master according to the coordinates of its newest record, such as
	// "HRT-1212/v2/en/9x16" (package collect defines this format). The stored object may still be
	// elsewhere. "" means that the file has no slot.
	Slot string `json:"slot,omitempty"`
	// Earlier is the stored object of a file that is being fetched again, to be stored in a better
	// place. At all other times it is nil.
	Earlier *Copy `json:"earlier,omitempty"`
	// Orphans are the keys of objects that were created before the coordinates were corrected.
	// These objects are masters of a wrong slot until somebody deletes them. The list has at most
	// MaxOrphans keys.
	Orphans []string `json:"astray,omitempty"`

	// Holder is the name of the run that has reserved the file to fetch it; "" if no run has. The
	// reservation expires at Until.
	Holder string    `json:"holder,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	// Progress is the progress of an unfinished fetch; nil means none.
	Progress *Progress `json:"progress,omitempty"`
}

// Copy is the stored object of a file.
type Copy struct {
	Key     string `json:"key,omitempty"` // the key in the masters bucket
	SHA256  string `json:"sha256,omitempty"`
	Size    int64  `json:"size,omitempty"`    // the size in bytes
	Problem string `json:"problem,omitempty"` // why the file's coordinates are not used; "" if used or absent
	Place   string `json:"place,omitempty"`   // the place for which Key was computed, such as "HRT-1212/v2/en/9x16"
}

// Progress is an unfinished multipart upload that another run can continue.
type Progress struct {
	Upload    string `json:"upload"` // S3's id of the upload
	Key       string `json:"key"`
	Offset    int64  `json:"offset"`        // the number of uploaded bytes; a multiple of the part size
	Hash      []byte `json:"hash"`          // the internal state of SHA-256 after the uploaded bytes
	Validator string `json:"validator"`     // the value of If-Range: an ETag or a date that proves the file unchanged
	Tag       string `json:"tag,omitempty"` // the ETag of the first answer, strong or weak; "" means none
	Size      int64  `json:"size"`          // the size of the whole file; -1 if the server did not state it
	// Place is the file's place when the upload began. If the place has changed, the upload must
	// begin again.
	Place string `json:"place"`
}

// Ended reports whether the file needs no further work.
func (f File) Ended() bool { return f.State != Announced }

// Lost reports whether the sender may have the file although no event contains a usable link to it.
func (f File) Lost() bool { return f.State == Failed && senders.Lost(f.Code) }

// worth returns the rank of a file's state. A repeated announcement replaces a state only by a
// state of a higher rank. A file whose try failed has a higher rank than a file that was announced
// without a usable link or object.
func (f File) worth() int {
	if f.Lost() {
		return 1
	}
	return map[FileState]int{Skipped: 0, Failed: 2, Recorded: 3, Announced: 4, Stored: 5}[f.State]
}

// announce adds a file to the timeline, or sets a failed file back to Announced so that it is tried
// again. If the file is already Announced, its newest record is used, because the newest link
// expires last. The newest record has the greatest key, because a sender's keys sort by the time of
// receipt.
func (t *Timeline) announce(f senders.File, record string, now time.Time) {
	fresh, old := announced(f, record, now), t.File(f.Name)
	if old != nil {
		old.Newest = max(old.Newest, record)
		fresh.Newest, fresh.Slot, fresh.Orphans = old.Newest, old.Slot, old.Orphans
	}
	switch {
	case old == nil && len(t.Files) == MaxFiles:
		t.Unlisted++
	case old == nil:
		t.Files = append(t.Files, fresh)
	case fresh.worth() > old.worth():
		*old = fresh
	case fresh.worth() == old.worth() && record >= old.Record: // use the newer record, whose link expires later
		old.Record, old.Host, old.Status, old.Since = fresh.Record, fresh.Host, fresh.Status, fresh.Since
		if fresh.Code != "" {
			old.Code = fresh.Code
		}
	}
}

func announced(f senders.File, record string, now time.Time) File {
	fresh := File{
		Name: f.Name, Role: f.Role, State: Announced, Record: record, Newest: record, Host: f.URL.Host(), Status: f.Status, Since: now.UTC(),
	}
	switch {
	case senders.Lost(f.Problem):
		fresh.State, fresh.Code = Failed, f.Problem
	case f.Problem != "":
		fresh.State, fresh.Code = Skipped, f.Problem
	}
	return fresh
}

// Reopen sets a stored file back to Announced, because a record has better coordinates for it. The
// file is then fetched again, to store it under these coordinates. If that fails, the file's state
// becomes Stored again, with the old key.
func (f *File) Reopen(again senders.File, record string, now time.Time) {
	before := *f
	*f = announced(again, record, now)
	f.Newest, f.Slot, f.Orphans = max(before.Newest, record), before.Slot, before.Orphans
	f.Earlier = &before.Copy
}

// Leave is for a file whose object was created, but which must be fetched again for another place.
// The file must be Announced. If the new fetch fails, the file's state becomes Stored, with the old
// object's key. If orphan is true, Leave lists the old object in Orphans, because it could be
// delivered to a request by mistake.
func (f *File) Leave(orphan bool) {
	if f.Earlier == nil {
		earlier := f.Copy
		f.Earlier = &earlier
	}
	if orphan && len(f.Orphans) < MaxOrphans && !slices.Contains(f.Orphans, f.Key) {
		f.Orphans = append(slices.Clip(f.Orphans), f.Key)
	}
	f.Copy = Copy{}
}

// File returns the file with this name; nil if the timeline does not list it.
func (t *Timeline) File(name string) *File {
	for i := range t.Files {
		if t.Files[i].Name == name {
			return &t.Files[i]
		}
	}
	return nil
}

// Hold reserves the file for the run with the name holder. The parameter until is the end of the
// reservation. Hold returns false if the file needs no more work, or if another run has reserved
// it.
func (f *File) Hold(holder string, now, until time.Time) bool {
	if f.Ended() || f.Holder != "" && f.Holder != holder && now.Before(f.Until) {
		return false
	}
	f.Holder, f.Until = holder, until.UTC()
	f.Tries++
	return true
}

// Settle saves the result of a try, and ends the reservation of the run with the name holder. If
// the file was stored before and could not be stored again, Settle sets it back to Stored, with the
// old object and the reason. If the run no longer holds the file, Settle returns false and changes
// nothing.
func (f *File) Settle(holder string, to File) bool {
	if f.Ended() || f.Holder != holder {
		return false
	}
	f.State, f.Copy, f.Code, f.Detail, f.Progress = to.State, to.Copy, to.Code, to.Detail, to.Progress
	f.Holder, f.Until = "", time.Time{}
	if f.State == Stored {
		f.Orphans = slices.DeleteFunc(slices.Clone(f.Orphans), func(key string) bool { return key == f.Key })
	}
	if e := f.Earlier; e != nil && f.State == Failed {
		f.State, f.Copy = Stored, *e
	}
	if f.Ended() {
		f.Earlier = nil
	}
	return true
}
