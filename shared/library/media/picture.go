package media

import (
	"errors"
	"slices"
)

// picture is what the description of a track says of its samples (ISO/IEC 14496-12, 12.1).
type picture struct {
	codec     string
	entry     side // of the samples, by their entry
	header    header
	clean     side // aperture; zero is none
	aspect    side // of a sample, as spacings; zero is unsaid
	reference int  // of the dref's entry that says where the samples are, from 1
}

// isStill reports a codec of stills.
func (p picture) isStill() bool { return p.codec == "mjpeg" || p.codec == "png" }

// compressed reports a codec none of whose samples is all zeros.
func (p picture) compressed() bool {
	return slices.Contains([]string{"h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg2video", "mjpeg", "png", "prores", "dnxhd"}, p.codec)
}

// readPicture reads the first sample entry of a description (12.1.3); whatever the codec, it
// begins alike. What follows is passed over where it is no boxes, as in old QuickTime files.
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
	case "pasp": // 12.1.4
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

// display returns the sides of the picture before it is turned: those of the codec's header,
// which the decoder yields, else of the entry; less what is outside the clean aperture;
// stretched by the sample aspect. Where the container and the codec state an aspect, the
// container comes first, as in players: the sample aspect of the entry, then the proportions
// in the track's header, if they are not those of the samples.
func (p picture) display(shown side) side {
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
	case !unsaid:
		d.w = d.h * shown.w / shown.h // those are before the aperture
	case p.header.aspect.area() > 0:
		d.w *= p.header.aspect.w / p.header.aspect.h
	}
	return d
}
