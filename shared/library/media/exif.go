package media

import (
	"bytes"
	"encoding/binary"
)

// exifMark begins a JPEG segment that holds EXIF data. One more byte follows, of any value: some
// writers set it to 0xff, and browsers ignore it.
const exifMark = "Exif\x00"

// turns maps the EXIF orientations 1 to 8 to degrees clockwise. Orientations 2, 4, 5 and 7 also
// mirror the picture.
var turns = [9]int{0, 0, 0, 180, 180, 270, 90, 90, 270}

// orientationOf returns the orientation in EXIF data (CIPA DC-008, 4.6.4). As in browsers, the
// first valid orientation entry decides. An entry is valid if it holds a single number from 1 to 8,
// which is a SHORT or, as some editors write it, a LONG. Without a valid entry the result is 1
// (upright), because readers ignore broken EXIF data.
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
		if v := orientationIn(entries[:12], order); v > 0 {
			return v
		}
		entries = entries[12:]
	}
	return 1
}

// orientationIn returns the orientation that an entry of 12 bytes holds: its tag, its type, the
// count of its values and the value. It returns 0 if the entry holds no valid orientation.
func orientationIn(entry []byte, order binary.ByteOrder) int {
	const short, long = 3, 4
	var v uint32
	switch kind := order.Uint16(entry[2:]); {
	case order.Uint16(entry) != 0x0112 || order.Uint32(entry[4:]) != 1:
	case kind == short:
		v = uint32(order.Uint16(entry[8:]))
	case kind == long:
		v = order.Uint32(entry[8:])
	}
	if v > 8 {
		return 0
	}
	return int(v)
}

// exifIn returns the EXIF data of a JPEG segment. ok is false if the segment holds other data.
func exifIn(segment []byte) (tiff []byte, ok bool) {
	tiff, ok = bytes.CutPrefix(segment, []byte(exifMark))
	if !ok || len(tiff) == 0 {
		return nil, false
	}
	return tiff[1:], true
}
