package media

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// sniffedBytes is the number of bytes at a file's beginning that decide its type. The package
// mimetype reads the same number.
const sniffedBytes = 3072

// listed maps the containers that the platform accepts to their kind and media type. A
// container's name is its extension.
var listed = map[string]struct{ kind, contentType string }{
	"mp4":  {video, "video/mp4"},
	"mov":  {video, "video/quicktime"},
	"webm": {video, "video/webm"},
	"mkv":  {video, "video/x-matroska"},
	"jpg":  {image, "image/jpeg"},
	"png":  {image, "image/png"},
	"webp": {image, "image/webp"},
	"avif": {image, "image/avif"},
}

// of returns the Info of a container. The map listed must contain the container.
func of(container string) Info {
	l := listed[container]
	return Info{Kind: l.kind, Container: container, Extension: container, ContentType: l.contentType}
}

// sniff identifies a file by its first bytes. Container is "" if they match no known video or
// image.
func sniff(head []byte) Info {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return of("jpg")
	case bytes.HasPrefix(head, []byte(pngSignature)):
		return of("png")
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return of("webp")
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return Info{Kind: image, Container: "gif", ContentType: "image/gif"}
	case bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")):
		return sniffEBML(head)
	case startsWithBox(head):
		return sniffBrands(head)
	case bytes.HasPrefix(head, []byte("\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02")): // an MXF file (SMPTE ST 377-1)
		return Info{Kind: video, Container: "mxf", ContentType: "application/mxf"}
	case inPackets(head, 188): // a transport stream (ISO/IEC 13818-1)
		return Info{Kind: video, Container: "ts", ContentType: "video/mp2t"}
	// a transport stream of a camera or Blu-ray disc, with a time stamp before each packet
	case len(head) > 4 && inPackets(head[4:], 192):
		return Info{Kind: video, Container: "m2ts", ContentType: "video/mp2t"}
	}
	return sniffOther(head)
}

// inPackets reports whether head begins with transport stream packets of size bytes.
func inPackets(head []byte, size int) bool {
	return len(head) > 2*size && head[0] == 'G' && head[size] == 'G' && head[2*size] == 'G'
}

// sniffEBML identifies an EBML file by its document type (RFC 8794, 11.2.4). A file without a
// document type is treated as a Matroska file, because these may omit it.
func sniffEBML(head []byte) Info {
	kind := "matroska"
	size, n := vint(head[4:])
	if n == 0 || n > len(head)-4 {
		return of("mkv")
	}
	fields := head[4+n:]
	for fields = fields[:min(size-1<<(7*n), uint64(len(fields)))]; len(fields) > 0; {
		id, idWidth := vint(fields)
		if idWidth == 0 || idWidth >= len(fields) {
			break
		}
		size, n := vint(fields[idWidth:])
		at := idWidth + n
		if n == 0 || at > len(fields) {
			break
		}
		end := min(size-1<<(7*n), uint64(len(fields)-at))
		if id == idDocType && end > 0 {
			kind = strings.TrimRight(string(fields[at:][:end]), "\x00")
		}
		fields = fields[at:][end:]
	}
	switch kind {
	case "webm":
		return of("webm")
	case "matroska":
		return of("mkv")
	}
	return Info{ContentType: "application/octet-stream"}
}

// sniffOther identifies files that Probe does not measure. It returns the media type even if
// Container is empty, because the function foreign needs the type to tell sound from other files.
func sniffOther(head []byte) Info {
	found := mimetype.Detect(head)
	contentType, _, _ := strings.Cut(found.String(), ";")
	extension := strings.TrimPrefix(found.Extension(), ".")
	if _, ok := listed[extension]; ok {
		return of(extension)
	}
	kind, _, _ := strings.Cut(contentType, "/")
	if kind != video && kind != image {
		return Info{ContentType: contentType}
	}
	return Info{Kind: kind, Container: extension, ContentType: contentType}
}

// foreign returns the verdict on a file that is neither video nor image.
func foreign(info Info) error {
	if strings.HasPrefix(info.ContentType, "audio/") {
		return ErrNoPicture
	}
	return ErrForeign
}

// startsWithBox reports whether head begins like an ISO base media or QuickTime file (ISO/IEC
// 14496-12, 4.2; Apple, "QuickTime File Format", Atoms): four bytes of size, then four bytes of
// type.
func startsWithBox(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "styp", "moov", "mdat", "moof", "sidx":
		return true
	case "wide", "free", "skip", "pnot": // also check the size, because a text file may contain these words
		return u32(head, 0) < 1<<24
	}
	return false
}

// isPadding reports whether head begins with a padding box.
func isPadding(head []byte) bool {
	return slices.Contains([]string{"free", "skip", "wide"}, string(head[4:8])) && u32(head, 0) >= 8
}

// mayComeFirst reports whether head begins with a box that some writers put before the film's first
// box. A file that begins with such a box is a film only if a box that startsWithBox names follows.
func mayComeFirst(head []byte) bool {
	return len(head) >= 8 && u32(head, 0) >= 8 && u32(head, 0) < 1<<24 &&
		slices.Contains([]string{"uuid", "udta", "meta", "prft", "emsg", "pdin", "PICT", "junk"}, string(head[4:8]))
}

// beginning returns the bytes that identify a file's type. These are the first bytes of the file.
// If an ISO base media file begins with padding or with boxes that mayComeFirst names, they are the
// bytes after these boxes.
func beginning(r *reader) ([]byte, error) {
	first, err := r.upTo(0, sniffedBytes)
	head := first
	for at := int64(0); err == nil && (startsWithBox(head) || mayComeFirst(head)); {
		if at += int64(u32(head, 0)); !isPadding(head) && !mayComeFirst(head) || at > r.size-8 {
			return head, nil
		}
		if err = r.step(); err == nil {
			head, err = r.upTo(at, sniffedBytes)
		}
	}
	return first, err
}

// mp4Brands lists the brands of files that an MP4 reader can play (the MP4 registration
// authority's list).
var mp4Brands = []string{
	"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9",
	"mp41", "mp42", "mp71", "avc1", "av01", "dash", "cmfc", "cmf2", "MSNV", "XAVC", "F4V ", "f4v ",
}

// itemBrands lists the brands of image files that say nothing about the codec, or that an AVIF file
// may state besides avif or avis (ISO/IEC 23008-12, 10; ISO/IEC 23000-22, 7; AV1 Image File Format, 6
// and 8). Like Chromium, sniffBrands treats such a file as AVIF if avif or avis is among its brands.
var itemBrands = []string{"mif1", "mif2", "mif3", "msf1", "miaf", "MA1A", "MA1B", "avio"}

// sniffBrands identifies an ISO base media file by the brands in its file type box.
func sniffBrands(head []byte) Info {
	for isPadding(head) && int64(u32(head, 0))+8 <= int64(len(head)) {
		head = head[u32(head, 0):]
	}
	brands := brandsOf(head)
	switch kind := string(head[4:8]); {
	case len(brands) > 0:
	case kind == "moof", kind == "sidx": // a segment from the middle of a film is an MP4 file, too
		return of("mp4")
	default: // a QuickTime file that is older than the ftyp box
		return of("mov")
	}
	major := brands[0]
	mp4 := slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(mp4Brands, b) })
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(b string) bool { return slices.Contains(brands, b) })
	}
	switch {
	case major == "qt  ":
		return of("mov")
	case major == "avif", major == "avis", slices.Contains(itemBrands, major) && has("avif", "avis"):
		return of("avif")
	case slices.Contains([]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"}, major):
		return Info{Kind: image, Container: "heic", ContentType: "image/heic"}
	case slices.Contains(itemBrands, major), slices.Contains([]string{"avci", "avcs", "jpeg", "jpgs", "j2ki", "j2is", "vvic", "vvis"}, major):
		return Info{Kind: image, Container: "heif", ContentType: "image/heif"}
	case major == "crx ":
		return Info{Kind: image, Container: "cr3", ContentType: "image/x-canon-cr3"}
	case strings.HasPrefix(major, "M4V"):
		info := Info{Kind: video, Container: "m4v", ContentType: "video/x-m4v"}
		if mp4 {
			info.Extension, info.ContentType = "mp4", "video/mp4"
		}
		return info
	case strings.HasPrefix(major, "3g") && !mp4:
		return Info{Kind: video, Container: "3gp", ContentType: "video/3gpp"}
	case !mp4 && has("qt  "):
		return of("mov")
	}
	return of("mp4")
}

// brandsOf returns the brands in a file type box, the major brand first. It returns nil if head
// begins with another box.
func brandsOf(head []byte) []string {
	if kind := string(head[4:8]); kind != "ftyp" && kind != "styp" || len(head) < 16 {
		return nil
	}
	brands := []string{string(head[8:12])}
	end := min(int64(u32(head, 0)), int64(len(head)))
	for at := int64(16); at+4 <= end; at += 4 {
		brands = append(brands, string(head[at:at+4]))
	}
	return brands
}
