package media

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	// pngEnd is the type and the checksum of a PNG file's last chunk.
	pngEnd = "IEND\xaeB`\x82"
	// maxOrientation is the largest number of bytes that are read of a PNG file's EXIF data.
	maxOrientation = 64 << 10
)

// probePNG measures a PNG file (W3C, "Portable Network Graphics", 11.2.1) and checks that its end
// is present. An eXIf chunk rotates the picture if it comes before the image data (11.3.4.5). A
// later eXIf chunk is ignored, as in browsers.
func probePNG(r *reader, info *Info) error {
	head, err := r.bytes(8, 25)
	if err != nil {
		return err
	}
	if u32(head, 0) != 13 || string(head[4:8]) != "IHDR" {
		return corrupt("no image header at the start")
	}
	if crc32.ChecksumIEEE(head[4:21]) != u32(head, 21) {
		return corrupt("wrong checksum of the image header")
	}
	width, height := u32(head, 8), u32(head, 12)
	if width == 0 || height == 0 || width >= 1<<31 || height >= 1<<31 {
		return corrupt(fmt.Sprintf("picture of %d x %d", width, height))
	}
	info.measured(int(width), int(height), 0)
	for at, oriented := int64(33), false; ; {
		c, err := pngChunkAt(r, at)
		if err != nil {
			return err
		}
		switch {
		case c.kind == "eXIf" && !oriented:
			oriented = true
			data, err := r.bytes(c.start, min(c.n, maxOrientation))
			if err != nil {
				return err
			}
			info.measured(int(width), int(height), turns[orientationOf(data)])
		case c.kind == "IDAT":
			return checkPNG(r, at)
		case c.kind == "IEND":
			return corrupt("no image data")
		}
		at = c.end()
	}
}

// checkPNG checks that the file's last chunk is present. It first searches the file's last block,
// because nearly all files have the chunk there. If the chunk is not there, checkPNG walks the
// chunks from offset at on.
func checkPNG(r *reader, at int64) error {
	tail, err := r.bytes(max(at, r.size-blockSize), min(r.size-at, blockSize))
	if err != nil || bytes.Contains(tail, []byte(pngEnd)) {
		return err
	}
	for {
		c, err := pngChunkAt(r, at)
		if err != nil {
			return err
		}
		if c.kind == "IEND" {
			return nil
		}
		head, err := r.glance(at, 8)
		if err != nil {
			return err
		}
		if at, err = r.runEnd(at, c.end()-at, head); err != nil {
			return err
		}
	}
}

// pngChunk is a chunk with a payload of n bytes at offset start.
type pngChunk struct {
	kind     string
	start, n int64
}

// end returns the offset after the chunk's checksum.
func (c pngChunk) end() int64 { return c.start + c.n + 4 }

// pngChunkAt returns the chunk at offset at.
func pngChunkAt(r *reader, at int64) (pngChunk, error) {
	if err := r.step(); err != nil {
		return pngChunk{}, err
	}
	if at >= r.size {
		return pngChunk{}, truncated("the end of the picture is missing")
	}
	head, err := r.glance(at, 8)
	if err != nil {
		return pngChunk{}, err
	}
	c := pngChunk{string(head[4:]), at + 8, int64(u32(head, 0))}
	if c.end() > r.size {
		return pngChunk{}, truncated(fmt.Sprintf("chunk %q at %d of %d bytes", c.kind, at, c.n))
	}
	return c, nil
}
