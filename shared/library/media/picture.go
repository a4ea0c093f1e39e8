package media

import (
	"errors"
	"slices"
)

// picture holds the facts that a track's sample description states (ISO/IEC 14496-12, 12.1).
type picture struct {
	codec     string
	entry     side // width and height of the samples, as the sample entry states them
	header    header
	clean     side // width and height of the clean aperture; zero means that there is none
	aspect    side // sample aspect from the pasp box; zero means not stated
	reference int  // number, starting at 1, of the dref entry that names the file with the samples
}

// isStill reports whether the codec is one for still images.
func (p picture) isStill() bool { return p.codec == "mjpeg" || p.codec == "png" }

// compressed reports whether the codec never writes a sample that consists only of zeros.
func (p picture) compressed() bool {
	return slices.Contains([]string{"h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg2video", "mjpeg", "png", "prores", "dnxhd"}, p.codec)
}

// readPicture reads the first sample entry of a description (ISO/IEC 14496-12, 12.1.3). The
// entries of all codecs begin with the same fields. After these fields, readPicture ignores bytes
// that are no boxes; old QuickTime files have such bytes.
func readPicture(r *reader, description box) (p picture, err error) {
	entry, ok, err := in(description, 8).next(r)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, corrupt("picture without a sample description")
	}
	data, err := entry.payload(r, 78)
	if err != nil {
		return p, err
	}
	p.codec, p.reference = codecOf(entry.kind), u16(data, 6)
	p.entry = side{float64(u16(data, 24)), float64(u16(data, 26))}
	for boxes := in(entry, 78); ; {
		b, ok, err := boxes.next(r)
		if errors.Is(err, ErrCorrupt) {
			return p, nil
		}
		if err == nil && ok {
			err = p.read(r, b)
		}
		if err != nil || !ok {
			return p, err
		}
	}
}

// read reads a box of a sample entry.
func (p *picture) read(r *reader, b box) error {
	switch b.kind {
	case "pasp": // pixel aspect ratio (ISO/IEC 14496-12, 12.1.4)
		data, err := b.payload(r, 8)
		if err != nil {
			return err
		}
		p.aspect = side{float64(u32(data, 0)), float64(u32(data, 4))}
	case "clap":
		data, err := b.payload(r, 32)
		if err != nil {
			return err
		}
		p.clean = side{ratio(data, 0), ratio(data, 8)}
	case "avcC", "hvcC", "av1C", "esds":
		data, err := r.bytes(b.start, min(b.end-b.start, maxHeader))
		if err != nil {
			return err
		}
		if b.kind != "esds" {
			p.header = headerOf(p.codec, data)
		} else if p.codec == "mpeg4" {
			var codec string
			if codec, p.header = streamOf(data); codec != "" {
				p.codec = codec
			}
		}
	}
	return nil
}

// display returns the picture's width and height before rotation. It takes them from the codec's
// header, because the decoder produces pictures of this size. If that header states none, it takes
// them from the sample entry. It then applies the clean aperture and the sample aspect. Like
// players, it takes the sample aspect from the first of these sources that states one:
//
//   - the pasp box of the sample entry
//   - the parameter stretch: the ratio of the matrix's horizontal to its vertical scale, if it is not 1
//   - the parameter shown: the width and height in the track's header, if they differ from those
//     above
//   - the codec's header
func (p picture) display(shown side, stretch float64) side {
	d := p.header.sides
	if d.area() == 0 {
		d = p.entry
	}
	unsaid := shown.area() == 0 || shown == p.entry || shown == d
	if d.area() == 0 {
		d, unsaid = shown, true
	}
	if 0 < p.clean.w && p.clean.w <= d.w && 0 < p.clean.h && p.clean.h <= d.h {
		d = p.clean
	}
	switch {
	case p.aspect.area() > 0:
		d.w *= p.aspect.w / p.aspect.h
	case stretch != 1:
		d.w *= stretch
	case !unsaid:
		// use only the ratio of the track header's width and height, because they ignore the clean
		// aperture
		d.w = d.h * shown.w / shown.h
	case p.header.aspect.area() > 0:
		d.w *= p.header.aspect.w / p.header.aspect.h
	}
	return d
}
