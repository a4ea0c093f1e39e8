package media

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// probeWebP measures a WebP file (RFC 9649) by its canvas if it has one, else by its picture. It
// checks that the picture, or the whole animation, is present. It ignores the EXIF orientation,
// as Chromium does.
func probeWebP(r *reader, info *Info) error {
	head, err := r.bytes(4, 4)
	if err != nil {
		return err
	}
	end := 8 + int64(binary.LittleEndian.Uint32(head))
	for at := int64(12); ; {
		kind, start, n, err := chunk(r, at, end)
		if err != nil {
			return err
		}
		at = start + n + n&1
		if !info.Probed {
			if err := readCanvas(r, kind, start, n, info); err != nil {
				return err
			}
		}
		switch kind {
		case "ANMF":
			if end > r.size {
				return truncated(fmt.Sprintf("%d of %d bytes", r.size, end))
			}
			return checkFrames(r, at, end)
		case "VP8 ", "VP8L":
			if start+n > r.size {
				return truncated(fmt.Sprintf("%d of %d bytes", r.size, start+n))
			}
			return nil
		}
	}
}

// checkFrames returns ErrTruncated if the last frames of an animation consist of zeros. at is the
// offset after its first frame. The data of a frame may end in zeros, so checkFrames looks for a
// chunk whose kind and size are zeros. It visits the frames only if the animation ends in zeros. It
// cannot check an animation of too many frames.
func checkFrames(r *reader, at, end int64) error {
	if end-at < zeroTail {
		return nil
	}
	zeros, err := r.endsInZeros(at, end)
	if err != nil || !zeros {
		return err
	}
	for end-at >= zeroTail {
		kind, start, n, err := chunk(r, at, end)
		switch {
		case errors.Is(err, ErrTooComplex), errors.Is(err, ErrCorrupt):
			return nil
		case err != nil:
			return err
		case kind == "\x00\x00\x00\x00" && n == 0:
			return truncated("zeros in place of frames")
		}
		at = start + n + n&1
	}
	return nil
}

// chunk returns the kind, the payload's offset and the payload's length of the chunk at offset
// at. end is the offset where the file states that it ends.
func chunk(r *reader, at, end int64) (kind string, start, n int64, err error) {
	if err := r.step(); err != nil {
		return "", 0, 0, err
	}
	if at+8 > end {
		return "", 0, 0, corrupt("no picture before the end")
	}
	head, err := r.glance(at, 8)
	if err != nil {
		return "", 0, 0, err
	}
	start, n = at+8, int64(binary.LittleEndian.Uint32(head[4:]))
	if start+n > end {
		return "", 0, 0, corrupt(fmt.Sprintf("chunk %q at %d beyond the end", head[:4], at))
	}
	return string(head[:4]), start, n, nil
}

// readCanvas stores the picture's width and height if a chunk of this kind states them.
func readCanvas(r *reader, kind string, start, n int64, info *Info) error {
	if kind != "VP8X" && kind != "VP8 " && kind != "VP8L" {
		return nil
	}
	if n < 10 && !(kind == "VP8L" && n >= 5) {
		return corrupt(fmt.Sprintf("chunk %q of %d bytes", kind, n))
	}
	data, err := r.glance(start, min(n, 10))
	if err != nil {
		return err
	}
	width, height := 0, 0
	switch kind {
	case "VP8X":
		width, height = 1+u24(data[4:]), 1+u24(data[7:])
	case "VP8L":
		if data[0] != 0x2f {
			return corrupt("lossless picture without its signature")
		}
		sides := int(binary.LittleEndian.Uint32(data[1:]))
		width, height = 1+sides&0x3fff, 1+sides>>14&0x3fff
	case "VP8 ":
		if data[0]&1 != 0 || string(data[3:6]) != "\x9d\x01\x2a" {
			return corrupt("lossy picture without its key frame")
		}
		width = int(binary.LittleEndian.Uint16(data[6:])) & 0x3fff
		height = int(binary.LittleEndian.Uint16(data[8:])) & 0x3fff
	}
	if width == 0 || height == 0 {
		return corrupt(fmt.Sprintf("picture of %d x %d", width, height))
	}
	info.measured(width, height, 0)
	return nil
}

// u24 returns a little-endian number of three bytes.
func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
