package media

import (
	"fmt"
	"hash/crc32"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	// pngEnd is the last chunk's type and checksum.
	pngEnd = "IEND\xaeB`\x82"
)

// probePNG measures a PNG file (W3C, "Portable Network Graphics", 11.2.1) and sees that
// its end is there.
func probePNG(r *reader, info *Info) error {
	head, err := r.bytes(8, 25)
	if err != nil {
		return err
	}
	if u32(head, 0) != 13 || string(head[4:8]) != "IHDR" {
		return corrupt("no image header first")
	}
	if crc32.ChecksumIEEE(head[4:21]) != u32(head, 21) {
		return corrupt("checksum of the image header")
	}
	width, height := u32(head, 8), u32(head, 12)
	if width == 0 || height == 0 || width >= 1<<31 || height >= 1<<31 {
		return corrupt(fmt.Sprintf("picture of %d x %d", width, height))
	}
	info.measured(int(width), int(height), 0)
	return r.seek([]byte(pngEnd), 33)
}
