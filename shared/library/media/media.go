// Package media tells what a master is from a few ranged reads of its content:
// container, display size, rotation, duration, and whether all of it is there.
//
// It holds that
//   - only the content counts, never a name or a declared type;
//   - a verdict on a file (truncated, corrupt, no picture, foreign) comes from bytes
//     that were read; an error of the Source is passed on and is never a verdict;
//   - whatever the bytes say, at most 4 MiB are read, 20,000 boxes, segments or chunks
//     are visited and 64 tracks are looked at, in 64 reads; beyond that it is ErrTooComplex.
//
// MP4, MOV, WebM, Matroska, JPEG, PNG, WebP, AVIF, HEIC and GIF are measured. Other media
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

// The verdicts on a file. Everything else that Probe returns is a fault of reading it,
// after which nothing is known.
var (
	// ErrEmpty is a file of no bytes.
	ErrEmpty = errors.New("empty file")
	// ErrTruncated is a file that says more than it has.
	ErrTruncated = errors.New("truncated file")
	// ErrCorrupt is a file that contradicts itself.
	ErrCorrupt = errors.New("corrupt file")
	// ErrNoPicture is media with nothing to see: sound only, or with a cover at most.
	ErrNoPicture = errors.New("no picture in the file")
	// ErrForeign is no media at all.
	ErrForeign = errors.New("no media file")
	// ErrTooComplex is a file that takes more reading than the budget allows.
	ErrTooComplex = errors.New("file too complex to probe")
)

// Kinds of media, in the platform's words.
const (
	video = "video"
	image = "image"
)

// Source reads n bytes at off of an object whose size is known: a ranged GET in
// production. It returns all n bytes or an error; repeating is its business. Probe asks
// for nothing outside the size it was given, and never from several goroutines.
type Source interface {
	ReadRange(ctx context.Context, off, n int64) ([]byte, error)
}

// Info is what the content says.
type Info struct {
	Kind        string        // "video", "image"; "" when foreign
	Container   string        // mp4, mov, m4v, webm, mkv, jpg, png, webp, avif, heic, gif, another short name, or ""
	Extension   string        // of the platform's list: mp4, mov, webm, mkv, jpg, png, webp, avif; "" outside it
	ContentType string        // media type; "" where unknown
	Codec       string        // of the picture, as ffprobe spells it: h264, hevc, av1, …; "" where the container says it all
	Width       int           // display pixels after sample aspect, clean aperture and rotation; 0 when not probed
	Height      int           // as Width
	Rotation    int           // degrees clockwise that showing it takes: 0, 90, 180 or 270
	Duration    time.Duration // 0 is unknown
	Probed      bool          // Width and Height come from the content
}

// Probe tells what the object of size bytes behind src is. With ErrTruncated, ErrCorrupt,
// ErrNoPicture and ErrTooComplex the Info holds what was learnt before. Errors: the
// verdicts above; those of src, wrapped.
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
	case "avif", "heic":
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

// measured notes the display size; sides swap with quarter turns.
func (i *Info) measured(width, height, rotation int) {
	if rotation%180 != 0 {
		width, height = height, width
	}
	i.Width, i.Height, i.Rotation, i.Probed = width, height, rotation, true
}

func corrupt(what string) error   { return fmt.Errorf("%w: %s", ErrCorrupt, what) }
func truncated(what string) error { return fmt.Errorf("%w: %s", ErrTruncated, what) }
