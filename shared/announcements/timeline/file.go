package timeline

import (
	"slices"
	"time"

	"masterhand/shared/announcements/senders"
)

// FileState says how far a file came.
type FileState string

// The states of a file.
const (
	Announced FileState = "announced" // to be fetched, or checked where the sender put it
	Stored    FileState = "stored"    // in the masters bucket, under its key
	Recorded  FileState = "recorded"  // noted only: what it is is not fetched here
	Skipped   FileState = "skipped"   // the sender says that it has no such file
	Failed    FileState = "failed"    // fetching it came to its end, or nobody can fetch it
)

// File is one that a subject announced.
type File struct {
	Name   string       `json:"name"` // unique within the subject
	Role   senders.Role `json:"role"`
	State  FileState    `json:"state"`
	Record string       `json:"record"` // key of the record that it is obtained by, or was
	// Newest is the key of the newest record that announced it, by when they were received:
	// its coordinates count, whichever record the file is obtained by.
	Newest string    `json:"newest,omitempty"`
	Host   string    `json:"host,omitempty"`   // where it is to be fetched from: all that is kept of the URL
	Status string    `json:"status,omitempty"` // the sender's word for it
	Since  time.Time `json:"since"`            // when Record was taken

	Copy          // where it lies, or is about to
	Code   string `json:"code,omitempty"`   // why it is not stored, not yet, or not where it belongs
	Detail string `json:"detail,omitempty"` // without URLs
	Tries  int    `json:"tries,omitempty"`
	// Slot is what a master is one of by its newest record's coordinates, wherever it lies;
	// "": nothing. It is as who stores files writes it.
	Slot string `json:"slot,omitempty"`
	// Earlier is where it lies while it moves to a better place; nil: nowhere.
	Earlier *Copy `json:"earlier,omitempty"`
	// Orphans are keys of what it was made before its coordinates were corrected: these lie
	// as masters of what it is none of, until somebody deletes them. At most MaxOrphans.
	Orphans []string `json:"astray,omitempty"`

	// Holder fetches it now, until Until at most.
	Holder string    `json:"holder,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	// Progress is how far an unfinished fetch came; nil: not at all.
	Progress *Progress `json:"progress,omitempty"`
}

// Copy is a file as it is stored.
type Copy struct {
	Key     string `json:"key,omitempty"` // in the masters bucket
	SHA256  string `json:"sha256,omitempty"`
	Size    int64  `json:"size,omitempty"`    // bytes
	Problem string `json:"problem,omitempty"` // why it does not lie where its coordinates say
	Place   string `json:"place,omitempty"`   // what Key was made of, as who stores files writes it
}

// Progress is an upload in parts that another run can go on with.
type Progress struct {
	Upload    string `json:"upload"` // S3's id for it
	Key       string `json:"key"`
	Offset    int64  `json:"offset"`    // bytes in whole parts
	Hash      []byte `json:"hash"`      // the state of SHA-256 after them
	Validator string `json:"validator"` // what proves that the rest is of the same file
	Size      int64  `json:"size"`      // of the whole; -1: not told
	Place     string `json:"place"`     // the coordinates that it was begun with: by others it is begun anew
}

// Ended reports whether nothing more is to be done for the file.
func (f File) Ended() bool { return f.State != Announced }

// Lost reports whether the sender may have the file and no event says where.
func (f File) Lost() bool { return f.State == Failed && senders.Lost(f.Code) }

// worth orders what is known of a file: a file that is announced again only takes what is worth more.
// A failed try is worth more than an announcement that brings nothing to try.
func (f File) worth() int {
	if f.Lost() {
		return 1
	}
	return map[FileState]int{Skipped: 0, Failed: 2, Recorded: 3, Announced: 4, Stored: 5}[f.State]
}

// announce adds a file, or gives one that is not stored another chance. Of one that is
// to be fetched anyway the newest announcement counts, in whatever order they come: its
// link lives the longest. Keys of one sender's records sort by when they were received.
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
	case fresh.worth() == old.worth() && record >= old.Record: // perhaps by a better link
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

// Reopen has a stored file brought once more, as a record announces it that knows better
// where it belongs. Should that fail, it is stored where it was.
func (f *File) Reopen(again senders.File, record string, now time.Time) {
	before := *f
	*f = announced(again, record, now)
	f.Newest, f.Slot, f.Orphans = max(before.Newest, record), before.Slot, before.Orphans
	f.Earlier = &before.Copy
}

// Leave has a file brought to another place than it lies in though it is not noted as
// stored there. Should that fail, it is stored where it was. orphan says that nobody should
// find it there.
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

// File returns the file of a name, or nil.
func (t *Timeline) File(name string) *File {
	for i := range t.Files {
		if t.Files[i].Name == name {
			return &t.Files[i]
		}
	}
	return nil
}

// Hold lets a run fetch a file until a time. It reports false where the file has ended,
// or another run has it.
func (f *File) Hold(holder string, now, until time.Time) bool {
	if f.Ended() || f.Holder != "" && f.Holder != holder && now.Before(f.Until) {
		return false
	}
	f.Holder, f.Until = holder, until.UTC()
	f.Tries++
	return true
}

// Settle notes how a file that holder has came out of a try: ended, or announced still
// with the reason. One that was reopened in vain is stored as before, and has the reason
// too. It reports false where holder has it no more.
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
