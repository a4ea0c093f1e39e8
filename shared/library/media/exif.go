package media

import (
	"bytes"
	"encoding/binary"
)

// exifMark begins a JPEG segment that holds EXIF data.
const exifMark = "Exif\x00\x00"

// turns maps the EXIF orientations 1 to 8 to degrees clockwise. Orientations 2, 4, 5 and 7 also
// mirror the picture.
var turns = [9]int{0, 0, 0, 180, 180, 270, 90, 90, 270}

// orientationOf returns the orientation in EXIF data (CIPA DC-008, 4.6.4). As in browsers, the
// first orientation entry decides. The entry may be a SHORT or, as some editors write it, a LONG.
// Without a valid orientation the result is 1 (upright), because readers ignore broken EXIF data.
func orientationOf(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) != 0x0112 {
			entries = entries[12:]
			continue
		}
		const long = 4
		v := uint32(order.Uint16(entries[8:]))
		if order.Uint16(entries[2:]) == long {
			v = order.Uint32(entries[8:])
		}
		if 1 <= v && v <= 8 {
			return int(v)
		}
		return 1
	}
	return 1
}

// exifIn returns the EXIF data of a JPEG segment. ok is false if the segment holds other data.
func exifIn(segment []byte) (tiff []byte, ok bool) { return bytes.CutPrefix(segment, []byte(exifMark)) }
