package media

import (
	"bytes"
	"cmp"
	"fmt"
)

// longSegment is a size in bytes. A segment of at least this size is treated as one part of longer
// data, such as an editor's metadata. Such data is split, because a segment holds at most 64 KiB.
const longSegment = 16 << 10

// probeJPEG measures a JPEG file (ITU-T T.81, annex B) by its frame header and its first EXIF
// orientation, which may come before or after the frame header. It checks that the picture's end
// is present.
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
		// A frame height of 0 means that a later marker (DNL) states the height. Such a file
		// stays unmeasured.
		if width > 0 && height > 0 {
			info.measured(width, height, turns[orientation])
		}
		// 0xda begins a scan. Inside a scan, 0xff 0xd9 never occurs, so it marks the picture's end.
		if marker == 0xda {
			return checkEnd(r, at)
		}
		if n >= longSegment {
			if at, err = passAlike(r, start-4, n+4); err != nil {
				return err
			}
		}
	}
}

// readOrientation reads a segment's orientation. It reports whether the segment holds EXIF data.
func readOrientation(r *reader, start, n int64, orientation *int) (bool, error) {
	head, err := r.glance(start, int64(len(exifMark))+1)
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

// passAlike returns the offset where a sequence of similar segments ends. The sequence begins at
// offset at. Its segments all have size bytes and the same first bytes, because they are parts of
// the same metadata.
func passAlike(r *reader, at, size int64) (int64, error) {
	const mark = 12 // size in bytes of the marker, the length and the start of the metadata's name
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

// checkEnd checks that the scan from offset at on is complete. It reads a small file whole. Of a
// large file it reads only the last block, or the last block before padding. The scan is incomplete
// if this block still belongs to a scan that has not ended.
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
		return cmp.Or(err, truncated("the end of the picture is missing"))
	}
	return nil
}

// goesOn reports whether the bytes belong to a scan that has not ended.
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

// checkScans checks that the picture ends before any marker that cannot occur between scans. Such
// a marker is, for example, the start of another picture that was appended to half a picture.
func checkScans(data []byte) error {
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 || i+1 == len(data) {
			return truncated("the end of the picture is missing")
		}
		marker := data[i+1]
		data = data[i+1:] // skip the byte 0xff before the marker
		switch {
		case marker == 0xd9:
			return nil
		case !inScan(marker) && !betweenScans(marker):
			return truncated(fmt.Sprintf("marker %02x before the end of the picture", marker))
		case marker > 0x01 && marker < 0xd0 || marker > 0xd7 && marker < 0xff:
			if len(data) < 3 || u16(data, 1) > len(data)-1 {
				return truncated("a segment between scans is incomplete")
			}
			data = data[1+u16(data, 1):]
		}
	}
}

// betweenScans reports whether a marker begins a quantization table, application data or a
// comment. These may occur between scans.
func betweenScans(b byte) bool { return b == 0xdb || 0xe0 <= b && b <= 0xef || b == 0xfe }

// inScan reports whether a byte may follow 0xff between a picture's first and last scan: a
// stuffed zero, a fill byte, a restart marker, or a marker of the tables and headers of further
// scans.
func inScan(b byte) bool {
	switch b {
	case 0x00, 0x01, 0xff, 0xc4, 0xcc, 0xda, 0xdc, 0xdd:
		return true
	}
	return 0xd0 <= b && b <= 0xd7
}

// segment returns the marker, the payload's offset and the payload's length of the next segment
// at or after offset at. Like decoders, it skips bytes between segments.
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
			return marker, at + 2, 0, nil // this marker has no payload: the length is 0
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

// isFrame reports whether a marker begins a frame header. The markers SOF0 to SOF15 do, except
// for three other markers in that range.
func isFrame(marker byte) bool {
	return 0xc0 <= marker && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

// readFrame reads the picture's width and height from a frame header.
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
