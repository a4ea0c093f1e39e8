package media

import (
	"slices"
	"strings"
	"sync"
)

// extensions are what the files of a container are called, sound's and documents' too: an
// extension that is not among them says nothing.
var extensions = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		"mp4": {"mp4", "m4v"}, "m4v": {"m4v", "mp4"}, "mov": {"mov", "qt"}, "3gp": {"3gp", "3g2", "3gpp"},
		"webm": {"webm"}, "mkv": {"mkv", "mk3d"}, "avi": {"avi"}, "mxf": {"mxf"}, "ts": {"ts", "mts", "m2ts"}, "m2ts": {"m2ts", "mts", "ts"}, "mpeg": {"mpg", "mpeg", "vob"},
		"flv": {"flv"}, "asf": {"wmv", "asf"},
		"jpg": {"jpg", "jpeg", "jpe", "jfif"}, "png": {"png", "apng"}, "webp": {"webp"}, "avif": {"avif", "avifs"}, "heic": {"heic", "heif", "hif"},
		"gif": {"gif"}, "tiff": {"tif", "tiff"}, "psd": {"psd"}, "bmp": {"bmp"}, "cr3": {"cr3"},
		"sound": {"mp3", "m4a", "aac", "wav", "flac", "ogg", "opus"}, "document": {"pdf", "ai", "svg", "txt", "zip"},
	}
})

// images are the containers of stills.
var images = []string{"jpg", "png", "webp", "avif", "heic", "gif", "tiff", "psd", "bmp", "cr3"}

// KindOfExtension says what a file that is called so is meant to be: "video", "image", "" for
// neither. The extension is without its dot, and in any case.
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

// Misnamed reports an extension, without its dot and in any case, that names another type
// of file than the content is. One that names none, and content that is not known, are never
// misnamed.
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
