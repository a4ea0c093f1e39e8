package media

import (
	"bytes"
	"cmp"
	"fmt"
)

// longSegment is from which size on segments are taken for parts of what is longer, such as
// an editor's metadata. A segment has 64 KiB at most.
const longSegment = 16 << 10

// probeJPEG measures a JPEG file (ITU-T T.81, annex B) by its frame header and the first of
// its EXIF orientations, which may stand before the frame or after it, and sees that its end
// is there.
func probeJPEG(r *reader, info *Info) error {
	var width, height int
	var turned bool
	orientation := 1
	for at := int64(2); ; {
		marker, start, n, err := segment(r, at)
		if err != nil {
			return err
		}
		at = start + n
		switch {
		case marker == 0xe1 && !turned && n > int64(len(exifMark)):
			if turned, err = readOrientation(r, start, n, &orientation); err != nil {
				return err
			}
		case isFrame(marker) && width == 0:
			if width, height, err = readFrame(r, start, n); err != nil {
				return err
			}
		case marker == 0xda && width == 0:
			return corrupt("scan without a frame")
		case marker == 0xd9:
			return corrupt("end of image before its scan")
		}
		if width > 0 && height > 0 { // a height of 0 comes with a later marker (DNL): such a file stays unmeasured
			info.measured(width, height, turns[orientation])
		}
		if marker == 0xda { // in scans no 0xff is followed by 0xd9
			return checkEnd(r, at)
		}
		if n >= longSegment {
			if at, err = passAlike(r, start-4, n+4); err != nil {
				return err
			}
		}
	}
}

// readOrientation reads the orientation of a segment, and reports whether it is EXIF.
func readOrientation(r *reader, start, n int64, orientation *int) (bool, error) {
	head, err := r.glance(start, int64(len(exifMark)))
	if _, ok := exifIn(head); err != nil || !ok {
		return false, err
	}
	data, err := r.bytes(start, n)
	if err != nil {
		return false, err
	}
	tiff, _ := exifIn(data)
	*orientation = orientationOf(tiff)
	return true, nil
}

// passAlike returns the end of the segments that begin like the one at an offset, and are
// as long: parts of the same metadata.
func passAlike(r *reader, at, size int64) (int64, error) {
	const mark = 12 // bytes: marker, length, and the beginning of a name
	head, err := r.glance(at, mark)
	if err != nil {
		return 0, err
	}
	next, err := r.glance(at+size, min(mark, r.size-at-size))
	if err != nil || !bytes.Equal(next, head) {
		return at + size, err
	}
	return r.runEnd(at, size, head)
}

// checkEnd tells whether the scan that begins at an offset comes to its end. A small file
// is read through. Of a large one only the last block is looked at, or the last one before
// padding: a picture that was cut goes on there, and what a camera or an editor appended holds
// pairs of bytes that no scan has, or none of the pairs that all scans have.
func checkEnd(r *reader, at int64) error {
	if r.size-at <= 4*blockSize {
		data, err := r.bytes(at, r.size-at)
		if err != nil {
			return err
		}
		return checkScans(data)
	}
	tail, err := r.bytes(r.size-blockSize, blockSize)
	if err == nil && allOf(tail, tail[0]) {
		var end int64
		if end, err = r.unpadded(r.size); err == nil {
			tail, err = r.bytes(max(at, end-blockSize), min(end-at, blockSize))
		}
	}
	if err != nil || goesOn(tail) {
		return cmp.Or(err, truncated("no end of the picture"))
	}
	return nil
}

// goesOn reports bytes of a scan that has not come to its end.
func goesOn(tail []byte) bool {
	if bytes.Contains(tail, []byte{0xff, 0xd9}) {
		return false
	}
	for scanned := false; ; scanned = true {
		i := bytes.IndexByte(tail, 0xff)
		if i < 0 || i+1 == len(tail) {
			return scanned
		}
		if !inScan(tail[i+1]) {
			return false
		}
		tail = tail[i+1:]
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
		head, err := r.glance(at, 2)
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
		length, err := r.glance(at+2, 2)
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

// readFrame reads the size in a frame header.
func readFrame(r *reader, start, n int64) (width, height int, err error) {
	if n < 6 {
		return 0, 0, corrupt("frame header too short")
	}
	data, err := r.glance(start, 6)
	if err != nil {
		return 0, 0, err
	}
	if width, height = u16(data, 3), u16(data, 1); width == 0 {
		return 0, 0, corrupt("picture of no width")
	}
	return width, height, nil
}
