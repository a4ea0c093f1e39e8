package placement

import (
	"strings"
)

// file is a key below the library's prefix, split into its name and extension. These show what
// the file is used for.
type file struct {
	path      string // the key below the prefix, in the form that the function clean returns
	name      string // the part after the last slash
	stem      string // the path without known extensions
	extension string // the last known extension, in lower case, without its dot
	size      int64
}

func newFile(path string, size int64) file {
	f := file{path: path, name: path[strings.LastIndexByte(path, '/')+1:], stem: path, size: size}
	for {
		bare := strings.TrimRight(f.stem, " ")
		dot := strings.LastIndexByte(bare, '.')
		if dot <= 0 || bare[dot-1] == '/' {
			return f
		}
		extension := strings.ToLower(bare[dot+1:])
		if !isPicture(extension) && !isFilm(extension) && !isOther(extension) {
			return f
		}
		if f.extension == "" {
			f.extension = extension
		}
		f.stem = bare[:dot]
	}
}

func isPicture(extension string) bool {
	switch extension {
	case "jpg", "jpeg", "jpe", "png", "webp", "avif", "gif", "heic", "heif", "tif", "tiff", "bmp":
		return true
	}
	return false
}

func isFilm(extension string) bool {
	switch extension {
	case "mp4", "mov", "m4v", "webm", "mkv", "avi", "mxf", "mpg", "mpeg", "m2ts", "mts", "3gp", "wmv", "flv", "ogv", "qt":
		return true
	}
	return false
}

// isOther reports whether an extension belongs to files that are neither film nor picture.
func isOther(extension string) bool {
	switch extension {
	case "txt", "md", "pdf", "doc", "docx", "xls", "xlsx", "csv", "ppt", "pptx", "key", "pages", "numbers", "rtf", "html", "json", "xml", "xmp", "yml", "yaml", "log",
		"srt", "vtt", "ass", "stl", "zip", "rar", "7z", "gz", "tar", "dmg", "wav", "mp3", "aac", "aif", "aiff", "m4a",
		"psd", "psb", "ai", "eps", "indd", "aep", "aepx", "prproj", "drp", "fcpxml", "edl", "c4d", "blend", "sketch", "fig", "ttf", "otf", "svg",
		"db", "ini", "lnk", "url", "webloc", "md5", "sha1", "sha256", "pek", "cfa":
		return true
	}
	return false
}

// never returns the reason why the file can be no master, whatever its name is. It returns "" if
// the file may be a master.
func (f file) never() string {
	lower := strings.ToLower(f.name)
	switch {
	case f.name == "":
		return "a folder marker, not a file"
	case strings.HasPrefix(f.name, "._"):
		return "a metadata file of macOS (._)"
	case strings.HasPrefix(f.name, "~$"), lower == "thumbs.db", lower == "desktop.ini", strings.TrimSpace(lower) == "icon":
		return "a file of the operating system"
	case isHidden(f.name) && !mayNameCreative(f.name):
		return "a hidden file"
	case endsInAny(lower, ".part", ".partial", ".crdownload", ".tmp", ".download", ".filepart", ".!ut"):
		return "an unfinished download"
	case isOther(f.extension) && endsInAny(lower, "."+f.extension):
		return "not a video or image, by its extension ." + f.extension
	}
	for folder := range f.folders() {
		switch name := strings.ToLower(folder); {
		case name == "@eadir", name == "#recycle", name == "$recycle.bin", name == "__macosx", name == "lost+found":
			return "in a folder of the operating system"
		case isHidden(name) && !mayNameCreative(name):
			return "in a hidden folder"
		}
	}
	return ""
}

// apart returns the reason why a file is not placed if it is in the library's top-level folder
// "unsorted", "proofs" or "builds", and "" otherwise. The file may still be a master, because a
// team may use these folder names for its own files.
func (f file) apart() string {
	switch top, _, inside := strings.Cut(f.path, "/"); {
	case !inside:
	case top == "unsorted":
		return "received without coordinates: tag it with its creative's code and variation"
	case top == "proofs", top == "builds":
		return "in the folder " + top + ", which holds no masters"
	}
	return ""
}

// KeptApart reports whether a key is in one of the library's folders for files that are no
// masters or have no coordinates yet.
func (r Rules) KeptApart(key string) bool {
	relative, inside := strings.CutPrefix(key, r.Prefix)
	return inside && newFile(clean(unescaped(relative)), UnknownSize).apart() != ""
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") && name != "." && name != ".." }

// mayNameCreative reports whether a name that begins with a dot may be a creative's name. It must
// contain a digit and must not be a name that operating systems use.
func mayNameCreative(name string) bool {
	lower := strings.ToLower(name)
	return strings.ContainsAny(name, "0123456789") && !strings.HasPrefix(lower, ".trash") && !strings.HasPrefix(lower, ".spotlight")
}

// hidden returns the reason why a file is not placed: its name or a folder's name begins with a
// dot. It returns "" if no name begins with a dot.
func (f file) hidden() string {
	hidden := isHidden(f.name)
	for folder := range f.folders() {
		hidden = hidden || isHidden(folder)
	}
	if hidden {
		return "hidden, because the name of the file or of a folder begins with a dot: rename it"
	}
	return ""
}

func (f file) folders() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for rest := f.path; ; {
			folder, after, more := strings.Cut(rest, "/")
			if !more || !yield(folder) {
				return
			}
			rest = after
		}
	}
}

func endsInAny(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) && len(s) > len(suffix) {
			return true
		}
	}
	return false
}

// maxPreview is a size in bytes. A picture whose name marks it as a preview is treated as a
// preview up to this size. Few masters are smaller, and few previews are larger.
const maxPreview = 256 << 10

// standIn returns the reason why the file certainly only represents another file: it is a
// thumbnail, a preview or a proxy. It returns "" if the file may be a master. The word "thumbnail"
// counts only in a picture's name. "preview" counts only at the end of a small picture's name,
// because it also occurs in titles.
func (f file) standIn(r *reader) string {
	for k, t := range r.tokens {
		if t.class != standIn {
			continue
		}
		inFolder := strings.Contains(r.s[r.runs[t.to-1].end:], "/")
		switch word := r.runs[t.from].word; {
		case isThumbnail(word) && isPicture(f.extension) && (r.isLone(k) || r.isAtEnd(k)):
			return "a thumbnail"
		case (word == "PROXY" || word == "PROXIES") && r.isLone(k):
			return "a proxy of another file"
		case !isThumbnail(word) && !inFolder && isPicture(f.extension) && 0 < f.size && f.size <= maxPreview && r.isAtEnd(k):
			return "a preview or poster"
		}
	}
	return ""
}

func isThumbnail(word string) bool {
	return strings.HasPrefix(word, "THUMB") || strings.HasPrefix(word, "MINIATUR") || word == "VORSCHAUBILD"
}

// isAtEnd reports whether token k of the key is the last one, apart from numbers and copy marks
// such as "(1)".
func (r *reader) isAtEnd(k int) bool {
	for _, t := range r.tokens[k+1:] {
		if t.class != number && t.class != copied {
			return false
		}
	}
	return true
}

// isLone reports whether no word of a title is directly before or after token k of the key. A word
// that means version is no word of a title.
func (r *reader) isLone(k int) bool {
	for _, side := range [...]int{k - 1, k + 1} {
		if side >= 0 && side < len(r.tokens) && r.tokens[side].class == free && !isVersionWord(r.runs[r.tokens[side].from].word) && !isApart(r.before(max(k, side))) {
			return false
		}
	}
	return true
}

// isTitled reports whether the words of a stale token also occur in titles, as in "Old Town", "Draft
// Beer" or "Summer Archive".
func isTitled(words []run) bool {
	switch words[0].word {
	case "OLD", "OLDER", "DRAFT", "DRAFTS", "ARCHIVE", "ARCHIVES", "ARCHIV", "BACKUP", "BACKUPS", "TEMP", "TRASH", "DELETED":
		return len(words) == 1
	}
	return false
}

// staleness returns the reason why a file is not placed by its name alone: a word marks the file as
// unfinished or outdated, or as the thumbnail or preview of another file. It returns "" if there is
// no such word. byPattern means that a pattern placed the file; then words in folder names are
// ignored.
func (r *reader) staleness(byPattern bool) string {
	for k, t := range r.tokens {
		word := r.s[r.runs[t.from].start:r.runs[t.to-1].end]
		inFolder := strings.Contains(r.s[r.runs[t.to-1].end:], "/")
		switch {
		case inFolder && byPattern:
		case t.class == stale && (r.isLone(k) || !isTitled(r.runs[t.from:t.to])):
			return "marked as unfinished or outdated (" + word + "): tag the file if it is the one to send"
		case t.class == standIn:
			if poster := strings.HasPrefix(r.runs[t.from].word, "POSTER"); !inFolder || !poster {
				return "called a thumbnail, preview or poster (" + word + "): tag the file if it is a master"
			}
		}
	}
	return ""
}
