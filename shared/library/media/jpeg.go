package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// probeJPEG measures a JPEG file (ITU-T T.81, annex B) by its frame header and EXIF
// orientation, and sees that its end is there.
func probeJPEG(r *reader, info *Info) error {
	orientation, framed := 1, false
	for at := int64(2); ; {
		marker, start, n, err := segment(r, at)
		if err != nil {
			return err
		}
		at = start + n
		switch {
		case marker == 0xe1 && !framed:
			data, err := r.bytes(start, n)
			if err != nil {
				return err
			}
			if found := orientationOf(data); found != 0 {
				orientation = found
			}
		case isFrame(marker) && !framed:
			framed = true
			if err := readFrame(r, start, n, orientation, info); err != nil {
				return err
			}
		case marker == 0xda && !framed:
			return corrupt("scan without a frame")
		case marker == 0xda: // in scans no 0xff is followed by 0xd9
			return checkEnd(r, at)
		case marker == 0xd9:
			return corrupt("end of image before its scan")
		}
	}
}

// checkEnd tells whether the scan that begins at an offset comes to its end. A small file
// is read through. Of a large one only the last block is looked at: a picture that was cut goes on there, and what a
// camera appended, a film mostly, holds pairs of bytes that no scan has. Only where it is
// neither, in a tail of zeros, is the end sought in all of the file.
func checkEnd(r *reader, at int64) error {
	end := []byte{0xff, 0xd9}
	if r.size-at <= 4*blockSize {
		data, err := r.bytes(at, r.size-at)
		if err != nil {
			return err
		}
		return checkScans(data)
	}
	tail, err := r.bytes(r.size-blockSize, blockSize)
	if err != nil || bytes.Contains(tail, end) {
		return err
	}
	scanned := false
	for rest := tail; ; {
		i := bytes.IndexByte(rest, 0xff)
		switch {
		case i < 0 || i+1 == len(rest):
			if scanned {
				return truncated("no end of the picture")
			}
			return r.seek(end, at)
		case !inScan(rest[i+1]):
			return nil
		}
		scanned = true
		rest = rest[i+1:]
	}
}

// checkScans tells whether scans come to the picture's end before anything that cannot
// stand among them, such as another picture that was appended to half of one.
func checkScans(data []byte) error {
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 || i+1 == len(data) {
			return truncated("no end of the picture")
		}
		marker := data[i+1]
		data = data[i+1:] // at the marker, which is a further 0xff where it is fill
		switch {
		case marker == 0xd9:
			return nil
		case !inScan(marker) && !betweenScans(marker):
			return truncated(fmt.Sprintf("marker %02x before the end of the picture", marker))
		case marker > 0x01 && marker < 0xd0 || marker > 0xd7 && marker < 0xff:
			if len(data) < 3 || u16(data, 1) > len(data)-1 {
				return truncated("segment between scans")
			}
			data = data[1+u16(data, 1):]
		}
	}
}

// betweenScans reports further tables, applications' data and comments.
func betweenScans(b byte) bool { return b == 0xdb || 0xe0 <= b && b <= 0xef || b == 0xfe }

// inScan reports what may follow 0xff from a picture's first scan to its last: a stuffed
// zero, fill bytes, restarts, and the tables and headers of further scans.
func inScan(b byte) bool {
	switch b {
	case 0x00, 0x01, 0xff, 0xc4, 0xcc, 0xda, 0xdc, 0xdd:
		return true
	}
	return 0xd0 <= b && b <= 0xd7
}

// segment returns marker, payload and payload's length of the next segment from an offset
// on. As decoders do, it passes over bytes between segments.
func segment(r *reader, at int64) (marker byte, start, n int64, err error) {
	for {
		if err := r.step(); err != nil {
			return 0, 0, 0, err
		}
		head, err := r.bytes(at, 2)
		if err != nil {
			return 0, 0, 0, err
		}
		switch marker = head[1]; {
		case head[0] != 0xff, marker == 0, marker == 0xff:
			at++
			continue
		case marker == 0xd9, marker == 0x01, 0xd0 <= marker && marker <= 0xd7:
			return marker, at + 2, 0, nil // stands alone
		}
		length, err := r.bytes(at+2, 2)
		if err != nil {
			return 0, 0, 0, err
		}
		if n = int64(u16(length, 0)) - 2; n < 0 {
			return 0, 0, 0, corrupt(fmt.Sprintf("segment of length %d at %d", n+2, at))
		}
		return marker, at + 4, n, nil
	}
}

// isFrame reports the frame headers SOF0 to SOF15, among which lie three other markers.
func isFrame(marker byte) bool {
	return 0xc0 <= marker && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

// readFrame reads the size in a frame header. A height of 0 comes with a later marker
// (DNL): such a file stays unmeasured.
func readFrame(r *reader, start, n int64, orientation int, info *Info) error {
	if n < 6 {
		return corrupt("frame header too short")
	}
	data, err := r.bytes(start, 6)
	if err != nil {
		return err
	}
	width, height := u16(data, 3), u16(data, 1)
	if width == 0 {
		return corrupt("picture of no width")
	}
	if height > 0 {
		info.measured(width, height, turns[orientation])
	}
	return nil
}

// turns are the degrees clockwise of the EXIF orientations 1 to 8; the even ones up to
// 4, 5 and 7 mirror too.
var turns = [9]int{0, 0, 0, 180, 180, 270, 90, 90, 270}

// orientationOf returns the orientation in an EXIF segment (CIPA DC-008, 4.6.4), 0 where
// there is none or it makes no sense: readers pass over a broken one.
func orientationOf(data []byte) int {
	tiff, ok := bytes.CutPrefix(data, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == 0x0112 {
			if v := order.Uint16(entries[8:]); 1 <= v && v <= 8 {
				return int(v)
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}
