package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/media"
)

// fileState is the state of a file in the command "upload".
type fileState string

const (
	fresh    fileState = "new"
	replaces fileState = "replaces" // the bucket has an object with this key and other bytes
	there    fileState = "there"    // the bucket has an object with this key and the same bytes
	leftOut  fileState = "left_out"
	uploaded fileState = "uploaded"
	failed   fileState = "failed"
)

// file is one file of the folder with its place, as --json prints it.
type file struct {
	Path    string          `json:"path"` // path relative to the folder, with forward slashes
	Key     string          `json:"key"`
	Size    int64           `json:"size"` // size in bytes
	Code    string          `json:"code,omitempty"`
	Number  int             `json:"variation"`
	Locale  creative.Locale `json:"locale,omitempty"`
	Kind    string          `json:"kind,omitempty"`
	Aspect  creative.Aspect `json:"aspect,omitempty"`
	Type    string          `json:"type,omitempty"` // file extension that fits the content
	State   fileState       `json:"state"`
	Why     string          `json:"why,omitempty"`
	Note    string          `json:"note,omitempty"` // remarks that do not prevent the upload; "" if there are none
	Resumed int64           `json:"kept,omitempty"` // number of bytes that an earlier run already uploaded
	media   string          // media type, for the header Content-Type
	info    fs.FileInfo
	stored  stored // object that now has this key
	// noMaster reports whether the labels of that object leave the file without a place, and ignored
	// whether they do so by the tag masterhand-ignore. aspectLabel reports whether they state an aspect.
	noMaster, ignored, aspectLabel bool
}

// upload is one run of the command "upload".
type upload struct {
	*session
	bucket   string
	library  masters.Library
	folder   string
	prefix   string // text between the library's prefix and the file's path in each key
	parallel int
	files    []*file  // all files of the folder, sorted by path
	names    []naming // placements of the files by their names
}

// look finds the files in the folder, and sets the place and the state of each.
func (u *upload) look(ctx context.Context) error {
	err := filepath.WalkDir(u.folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, err := u.found(name, entry)
		u.files = append(u.files, f)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the folder: %w", err)
	}
	if err := u.lookAtAll(ctx); err != nil {
		return err
	}
	u.noteRivals()
	return nil
}

// lookAtAll reads the content of the files whose names did not exclude them, u.parallel files at a
// time.
func (u *upload) lookAtAll(ctx context.Context) error {
	var bytes int64
	for _, f := range u.files {
		if f.State == "" {
			bytes += f.Size
		}
	}
	bar := u.progress("checking", bytes)
	defer bar.end()
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(u.parallel)
	for _, f := range u.files {
		if f.State == "" {
			group.Go(func() error {
				defer bar.add(f.Size)
				return u.lookAt(inner, f)
			})
		}
	}
	return group.Wait()
}

// found returns the file with this name. It sets the place that the file's name states. If the file
// cannot be uploaded, found marks the file as left out, with the reason.
func (u *upload) found(name string, entry fs.DirEntry) (*file, error) {
	relative, err := filepath.Rel(u.folder, name)
	if err != nil {
		return nil, err
	}
	relative = filepath.ToSlash(relative)
	f := &file{Path: relative, Key: u.library.Prefix + u.prefix + relative}
	if f.info, err = entry.Info(); err != nil {
		return nil, err
	}
	f.Size = f.info.Size()
	n := nameOf(u.library.Rules, f.Key, f.Size)
	u.names = append(u.names, n)
	switch {
	case !f.info.Mode().IsRegular():
		f.leaveOut("expected a file, found a link or a device")
	case n.Unplaced != "":
		f.leaveOut(n.Unplaced)
	case f.Size > masters.MaxUpload:
		f.leaveOut(tooLarge)
	default:
		f.Code, f.Number, f.Locale, f.Aspect = n.Code, n.Variation, n.Locale, n.Aspect
	}
	return f, nil
}

// tooLarge is the reason why a file larger than masters.MaxUpload bytes is left out.
const tooLarge = "larger than 5 GiB less 5 MiB, the most that the platform accepts"

func (f *file) leaveOut(why string) { f.State, f.Why = leftOut, why }

// note adds a remark to the file's remarks.
func (f *file) note(text string) {
	if f.Note != "" {
		text = f.Note + "; " + text
	}
	f.Note = text
}

// lookAt probes the file's content, compares the file with the object that has its key, and sets the
// file's place.
func (u *upload) lookAt(ctx context.Context, f *file) error {
	content, err := os.Open(filepath.Join(u.folder, filepath.FromSlash(f.Path)))
	if err != nil {
		return err
	}
	defer content.Close()
	info, err := media.Probe(ctx, ranges{content}, f.Size)
	f.Kind, f.Type, f.media = info.Kind, info.Extension, info.ContentType
	switch {
	case verdictOnFile(err):
		f.leaveOut(err.Error())
		return nil
	case err != nil:
		return fmt.Errorf("reading %s: %w", f.Path, err)
	case info.Extension == "":
		f.leaveOut("the platform does not accept the format " + dash(info.Container))
		return nil
	}
	if err := u.compare(ctx, f, content); err != nil {
		return err
	}
	if u.place(f) {
		u.measure(f, info)
	}
	return nil
}

// verdictOnFile reports whether an error of a probe means that the file is unusable. For an error
// of reading the file it returns false.
func verdictOnFile(err error) bool {
	for _, verdict := range []error{media.ErrEmpty, media.ErrTruncated, media.ErrCorrupt, media.ErrNoPicture, media.ErrForeign, media.ErrTooComplex} {
		if errors.Is(err, verdict) {
			return true
		}
	}
	return false
}

// measure sets the file's aspect from its pixels. It also adds remarks, for example if the name
// states another aspect, or if the file has no locale and so answers no request.
func (u *upload) measure(f *file, info media.Info) {
	named := f.Aspect
	if info.Probed {
		f.Aspect = creative.AspectOf(info.Width, info.Height)
	}
	if named != "" && f.Aspect != named {
		says := "name"
		if f.aspectLabel {
			says = "label"
		}
		f.note(fmt.Sprintf("the %s says %s, but the pixels decide", says, named))
	}
	if f.Aspect == "" {
		f.note("aspect unknown, so requests wait")
	}
	if f.Locale == "" {
		if f.Locale = u.library.UnlabelledLocale; f.Locale == "" {
			f.note("without a locale the file answers no request")
		}
	}
	if named := strings.ToLower(strings.TrimPrefix(filepath.Ext(f.Path), ".")); named != f.Type && !(named == "jpeg" && f.Type == "jpg") {
		f.note(fmt.Sprintf("the file's extension is %s", dash(named)))
	}
}

// noteRivals adds a remark to each file that has the same creative, locale, kind and aspect as an
// earlier file of the folder, because the two files answer the same requests.
func (u *upload) noteRivals() {
	type slot struct {
		creative creative.Creative
		locale   creative.Locale
		kind     string
		aspect   creative.Aspect
	}
	first := map[slot]*file{}
	for _, f := range u.files {
		if f.State == leftOut || f.noMaster {
			continue
		}
		at := slot{creative.Creative{Code: f.Code, Variation: f.Number}.Canonical(), f.Locale, f.Kind, f.Aspect}
		if rival := first[at]; rival != nil {
			f.note("answers the same requests as " + rival.Path)
			continue
		}
		first[at] = f
	}
}

// ranges gives a probe access to a local file.
type ranges struct{ file *os.File }

// ReadRange implements [media.Source].
func (r ranges) ReadRange(_ context.Context, off, n int64) ([]byte, error) {
	data := make([]byte, n)
	_, err := r.file.ReadAt(data, off)
	return data, err
}

// table returns the table of the files, with their places and states.
func (u *upload) table() *screen.Table {
	t := screen.NewTable("KEY", "BECOMES", "TYPE", "MB", "STATE", "WHY")
	for _, f := range u.files {
		becomes := "-"
		switch {
		case f.ignored:
			becomes = "not a master"
		case f.noMaster:
			becomes = "unplaced"
		case f.State != leftOut:
			c := creative.Creative{Code: f.Code, Variation: f.Number}
			becomes = fmt.Sprintf("%s %s %s %s", c, dash(f.Locale), dash(f.Kind), dash(f.Aspect))
		}
		why := strings.Trim(f.Why+"; "+f.Note, "; ")
		row := screen.Texts(printable(f.Key), printable(becomes), dash(f.Type), fmt.Sprintf("%.1f", float64(f.Size)/1e6),
			strings.ReplaceAll(string(f.State), "_", " "), printable(why))
		row[4].Paint = map[fileState]screen.Paint{fresh: screen.Good, replaces: screen.Poor, leftOut: screen.Bad, there: screen.Faint}[f.State]
		t.Add(row...)
	}
	return t
}

// pending returns the files that must be uploaded, and their total size in bytes.
func (u *upload) pending() (files []*file, bytes int64) {
	for _, f := range u.files {
		if f.State == fresh || f.State == replaces {
			files, bytes = append(files, f), bytes+f.Size
		}
	}
	return files, bytes
}

// plan returns a line with three numbers of files: to upload, already in the bucket, and left out.
func (u *upload) plan(pending []*file, bytes int64) string {
	return fmt.Sprintf("%s to upload (%.1f MB, %d of them replace others), %d already there, %d left out",
		screen.Plural(len(pending), "file"), float64(bytes)/1e6, u.count(replaces), u.count(there), u.count(leftOut))
}

func (u *upload) count(state fileState) int {
	return count(u.files, func(f *file) bool { return f.State == state })
}
