// Package media identifies a master file from a few ranged reads of its content: container,
// display size, rotation, duration, and whether the file is complete.
//
// These rules always hold:
//   - Only the content counts, never a name or a declared type.
//   - A verdict on a file (truncated, corrupt, no picture, foreign) comes from bytes that
//     were read. Probe passes on an error of the Source and never turns it into a verdict.
//   - Probe makes at most 64 reads of 4 MiB in total, visits at most 20,000 boxes, segments
//     or chunks, and looks at no more than 64 tracks. Beyond that it returns ErrTooComplex.
//
// MP4, MOV, WebM, Matroska, JPEG, PNG, WebP, AVIF, HEIF and GIF files are measured. Other media
// is named and returned with Probed false:
//
//	info, err := media.Probe(ctx, object, size)
//	if err == nil && info.Probed {
//		aspect := creative.AspectOf(info.Width, info.Height)
//		…
//	}
package media

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// These are the verdicts on a file. Any other error of Probe is a failure to read the file and
// says nothing about its content.
var (
	// ErrEmpty means that the file has no bytes.
	ErrEmpty = errors.New("empty file")
	// ErrTruncated means that the file is shorter than its content states.
	ErrTruncated = errors.New("truncated file")
	// ErrCorrupt means that parts of the file contradict each other.
	ErrCorrupt = errors.New("corrupt file")
	// ErrNoPicture means that the file has no video or image: it has only sound, perhaps with a
	// cover.
	ErrNoPicture = errors.New("no picture in the file")
	// ErrForeign means that the file is neither video nor image nor sound.
	ErrForeign = errors.New("not a media file")
	// ErrTooComplex means that probing the file would need more reads or steps than allowed.
	ErrTooComplex = errors.New("file too complex to probe")
)

// The kinds of media, in the platform's words.
const (
	video = "video"
	image = "image"
)

// Source reads n bytes at offset off of an object whose size is known. In production it sends a
// ranged GET. It must return all n bytes or an error, and must do its own retries. Probe requests
// no bytes outside the size that it was given, and never calls ReadRange concurrently.
type Source interface {
	ReadRange(ctx context.Context, off, n int64) ([]byte, error)
}

// Info describes a file by its content.
type Info struct {
	Kind        string        // "video" or "image"; "" means neither
	Container   string        // mp4, mov, m4v, webm, mkv, jpg, png, webp, avif, heic, gif, another short name, or ""
	Extension   string        // extension that the platform accepts: mp4, mov, webm, mkv, jpg, png, webp, avif; else ""
	ContentType string        // media type, for example video/mp4; "" means unknown
	Codec       string        // the picture's codec as ffprobe spells it, such as h264; "" if the container implies it
	Width       int           // in display pixels, after sample aspect, clean aperture and rotation; 0 means not probed
	Height      int           // in display pixels, like Width
	Rotation    int           // clockwise rotation for display, in degrees: 0, 90, 180 or 270
	Duration    time.Duration // 0 if unknown or if the file is an image
	Probed      bool          // whether Width and Height come from the content
}

// Probe describes an object of size bytes that src reads. With ErrTruncated, ErrCorrupt,
// ErrNoPicture and ErrTooComplex, the Info holds the facts that Probe read before the error. The
// errors are the verdicts above, or wrapped errors of src.
func Probe(ctx context.Context, src Source, size int64) (Info, error) {
	return probe(&reader{ctx: ctx, src: src, size: size})
}

func probe(r *reader) (Info, error) {
	if r.size <= 0 {
		return Info{}, ErrEmpty
	}
	head, err := beginning(r)
	if err != nil {
		return Info{}, err
	}
	info := sniff(head)
	switch info.Container {
	case "mp4", "mov", "m4v", "3gp":
		err = probeMovie(r, &info)
	case "webm", "mkv":
		err = probeMatroska(r, &info)
	case "avif", "heic", "heif":
		err = probeItems(r, &info)
	case "jpg":
		err = probeJPEG(r, &info)
	case "png":
		err = probePNG(r, &info)
	case "webp":
		err = probeWebP(r, &info)
	case "gif":
		err = probeGIF(r, &info)
	case "":
		err = foreign(info)
	}
	return info, err
}

// measured stores the display size and the rotation. If the rotation is 90 or 270 degrees, it
// swaps width and height.
func (i *Info) measured(width, height, rotation int) {
	if rotation%180 != 0 {
		width, height = height, width
	}
	i.Width, i.Height, i.Rotation, i.Probed = width, height, rotation, true
}

func corrupt(what string) error   { return fmt.Errorf("%w: %s", ErrCorrupt, what) }
func truncated(what string) error { return fmt.Errorf("%w: %s", ErrTruncated, what) }
