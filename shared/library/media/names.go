package media

import (
	"slices"
	"strings"
	"sync"
)

// extensions lists the usual file name extensions of each container, including those of sound and
// documents. An extension that is not listed identifies no container.
var extensions = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		"mp4": {"mp4", "m4v"}, "m4v": {"m4v", "mp4"}, "mov": {"mov", "qt"}, "3gp": {"3gp", "3g2", "3gpp"},
		"webm": {"webm"}, "mkv": {"mkv", "mk3d"}, "avi": {"avi"}, "mxf": {"mxf"}, "ts": {"ts", "mts", "m2ts"}, "m2ts": {"m2ts", "mts", "ts"}, "mpeg": {"mpg", "mpeg", "vob"},
		"flv": {"flv"}, "asf": {"wmv", "asf"},
		"jpg": {"jpg", "jpeg", "jpe", "jfif"}, "png": {"png", "apng"}, "webp": {"webp"}, "avif": {"avif", "avifs"}, "heic": {"heic", "heif", "hif"}, "heif": {"heif", "hif", "heic", "avci"},
		"gif": {"gif"}, "tiff": {"tif", "tiff"}, "psd": {"psd"}, "bmp": {"bmp"}, "cr3": {"cr3"},
		"sound": {"mp3", "m4a", "aac", "wav", "flac", "ogg", "opus"}, "document": {"pdf", "ai", "svg", "txt", "zip"},
	}
})

// images lists the containers of still images.
var images = []string{"jpg", "png", "webp", "avif", "heic", "heif", "gif", "tiff", "psd", "bmp", "cr3"}

// KindOfExtension returns the kind of file that a file name's extension usually has: "video",
// "image", or "" for neither. extension must have no dot and may be in any case.
func KindOfExtension(extension string) string {
	extension = strings.ToLower(extension)
	for container, names := range extensions() {
		switch {
		case !slices.Contains(names, extension), container == "sound", container == "document":
		case slices.Contains(images, container):
			return image
		default:
			return video
		}
	}
	return ""
}

// Misnamed reports whether a file name's extension belongs to another type of file than the
// content. extension must have no dot and may be in any case. An unknown extension or unknown
// content is never misnamed.
func (i Info) Misnamed(extension string) bool {
	extension = strings.ToLower(extension)
	if i.Container == "" || slices.Contains(extensions()[i.Container], extension) {
		return false
	}
	for _, names := range extensions() {
		if slices.Contains(names, extension) {
			return true
		}
	}
	return false
}
