package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The limits for GIF files. Probe visits each block of a file of at most maxWalked bytes. In a
// longer file, Probe searches only the last maxPadded bytes for the trailer.
const (
	maxWalked = 256 << 10
	maxPadded = 64
)

// probeGIF reads the picture's width and height from the logical screen (GIF89a specification, 18)
// and checks that the file's end is present.
func probeGIF(r *reader, info *Info) error {
	head, err := r.bytes(6, 7)
	if err != nil {
		return err
	}
	width, height := int(binary.LittleEndian.Uint16(head)), int(binary.LittleEndian.Uint16(head[2:]))
	if width == 0 || height == 0 {
		return corrupt(fmt.Sprintf("picture of %d x %d", width, height))
	}
	info.measured(width, height, 0)
	if r.size > maxWalked {
		tail, err := r.bytes(r.size-maxPadded, maxPadded)
		// a whole file ends with a block terminator and the trailer
		if err == nil && !bytes.Contains(tail, []byte{0, 0x3b}) {
			err = truncated("the end of the picture is missing")
		}
		return err
	}
	return walkGIF(r, 13+colours(head[4]))
}

// walkGIF visits the blocks from offset at to the trailer.
func walkGIF(r *reader, at int64) error {
	for {
		if err := r.step(); err != nil {
			return err
		}
		kind, err := r.bytes(at, 1)
		if err != nil {
			return err
		}
		switch kind[0] {
		case 0x3b:
			return nil
		case 0x21: // skip the introducer and the label of an extension block
			at += 2
		case 0x2c: // an image: skip its header and colour table, and one byte before its data
			head, err := r.bytes(at+1, 9)
			if err != nil {
				return err
			}
			at += 11 + colours(head[8])
		default:
			return corrupt(fmt.Sprintf("block %x at %d", kind[0], at))
		}
		for size := int64(1); size > 0; at += size + 1 {
			if err := r.step(); err != nil {
				return err
			}
			n, err := r.bytes(at, 1)
			if err != nil {
				return err
			}
			size = int64(n[0])
		}
	}
}

// colours returns the length in bytes of the colour table that the flags announce.
func colours(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}
