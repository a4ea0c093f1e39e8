package media

import (
	"fmt"
	"math"
)

// items holds the information about image items in the meta box of an AVIF or HEIC file (ISO/IEC
// 14496-12, 8.11; ISO/IEC 23008-12).
type items struct {
	parts      map[string]box // the boxes inside the meta box, by kind; only the first box of each kind
	primary    uint32
	coded      map[uint32]bool // the items, by number, whose data never ends in zeros
	properties []box           // properties of all items, in file order; items refer to them by number, starting at 1
}

// probeItems measures an image file by its primary item and checks that the bytes of its items
// are present. If the file is also an image sequence, it checks that the sequence is complete.
// It ignores later bytes. A file without a meta box is an image sequence and is measured as a film.
// EXIF never rotates these pictures (ISO/IEC 23000-22, 7.3.10.1).
func probeItems(r *reader, info *Info) error {
	var meta, moov box
	var cut error
	for top := (&region{0, r.size, ErrTruncated}); cut == nil; {
		b, ok, err := top.next(r)
		if !ok && err == nil {
			break
		}
		switch cut = err; {
		case b.kind == "meta" && meta.kind == "" && err == nil:
			meta = b
		case b.kind == "moov":
			moov = b
		}
	}
	switch {
	case meta.kind != "":
		err := readItems(r, meta, info)
		if err == nil && moov.kind != "" {
			err = checkSequence(r, moov)
		}
		return err
	case moov.kind != "":
		return probeMovie(r, info)
	case cut == nil:
		return truncated("no meta box")
	}
	return cut
}

// readItems reads a meta box.
func readItems(r *reader, meta box, info *Info) error {
	m := items{parts: make(map[string]box), coded: make(map[uint32]bool)}
	for boxes := in(meta, 4); ; {
		b, ok, err := boxes.next(r)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if _, twice := m.parts[b.kind]; !twice {
			m.parts[b.kind] = b
		}
	}
	if err := m.readPrimary(r); err != nil {
		return err
	}
	if err := m.readCodec(r, info); err != nil {
		return err
	}
	if err := m.measure(r, info); err != nil {
		return err
	}
	return m.checkExtents(r)
}

// readPrimary reads the primary item's number (ISO/IEC 14496-12, 8.11.4).
func (m *items) readPrimary(r *reader) error {
	pitm, ok := m.parts["pitm"]
	if !ok {
		return corrupt("no primary item")
	}
	data, err := pitm.payload(r, 6)
	if err != nil {
		return err
	}
	if m.primary = uint32(u16(data, 4)); data[0] != 0 {
		if data, err = pitm.payload(r, 8); err != nil {
			return err
		}
		m.primary = u32(data, 4)
	}
	return nil
}

// readCodec sets the codec to that of the first item with a known codec (ISO/IEC 14496-12,
// 8.11.6), because the tiles of a grid all have the same codec. It records the coded items.
func (m *items) readCodec(r *reader, info *Info) error {
	iinf, ok := m.parts["iinf"]
	if !ok {
		return nil
	}
	data, err := iinf.payload(r, 4)
	if err != nil {
		return err
	}
	skip := int64(6) // skip version, flags and the number of entries
	if data[0] != 0 {
		skip = 8
	}
	for entries := in(iinf, skip); ; {
		infe, ok, err := entries.next(r)
		if err == nil && ok {
			err = m.readEntry(r, infe, info)
		}
		if err != nil && info.Codec != "" {
			return fault(err) // the first entries suffice
		}
		if err != nil || !ok {
			return err
		}
	}
}

// readEntry reads the type of one item. Before version 2, an entry states no type.
func (m *items) readEntry(r *reader, infe box, info *Info) error {
	data, err := infe.payload(r, 4)
	if err != nil || data[0] < 2 {
		return err
	}
	at := int64(8) // skip the item's number and its protection index
	if data[0] == 3 {
		at = 10
	}
	if data, err = infe.payload(r, at+4); err != nil {
		return err
	}
	name, known := codecs()[string(data[at:])]
	if known && info.Codec == "" {
		info.Codec = name
	}
	number := uint32(u16(data, 4))
	if data[0] == 3 {
		number = u32(data, 4)
	}
	m.coded[number] = endsInBit(name)
	return nil
}

// measure computes the display size from the primary item's properties. It begins with the stated
// width and height, then applies the cropping, then the rotation, whatever the order of the
// properties. It ignores a sample aspect, because samples must be square (ISO/IEC 23000-22,
// 7.3.6.3).
func (m *items) measure(r *reader, info *Info) error {
	iprp, ok := m.parts["iprp"]
	if !ok {
		return corrupt("no properties of items")
	}
	var numbers []int
	for boxes := in(iprp, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch b.kind {
		case "ipco":
			err = m.readProperties(r, b)
		case "ipma":
			numbers, err = m.readAssociations(r, b, numbers)
		}
		if err != nil {
			return err
		}
	}
	var p shape
	for _, n := range numbers {
		if n < 1 || n > len(m.properties) {
			continue // skip property number 0, which means no property
		}
		if err := p.read(r, m.properties[n-1]); err != nil {
			return err
		}
	}
	shown := p.sides
	if 0 < p.clean.w && p.clean.w <= shown.w && 0 < p.clean.h && p.clean.h <= shown.h {
		shown = p.clean
	}
	if !(shown.w >= 1 && shown.h >= 1 && shown.w <= math.MaxInt32 && shown.h <= math.MaxInt32) {
		return corrupt(fmt.Sprintf("picture of %.0f x %.0f", shown.w, shown.h))
	}
	info.measured(int(shown.w), int(shown.h), p.rotation)
	return nil
}

// readProperties stores the properties in file order (ISO/IEC 14496-12, 8.11.14).
func (m *items) readProperties(r *reader, ipco box) error {
	for boxes := in(ipco, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		m.properties = append(m.properties, b)
	}
}

// readAssociations appends the primary item's property numbers to numbers (ISO/IEC 14496-12,
// 8.11.14).
func (m *items) readAssociations(r *reader, ipma box, numbers []int) ([]int, error) {
	data, err := ipma.payload(r, ipma.end-ipma.start)
	if err != nil {
		return nil, err
	}
	c := cursor{data: data}
	flags := c.number(4)
	idWidth, width := 2, 1
	if flags>>24 != 0 {
		idWidth = 4
	}
	if flags&1 != 0 {
		width = 2
	}
	for range c.number(4) {
		id := c.number(idWidth)
		for range c.number(1) {
			n := c.number(width) &^ (0x80 << (8 * (width - 1))) // remove the essential flag from the number
			if id == uint64(m.primary) {
				numbers = append(numbers, int(n))
			}
		}
		if c.over {
			return nil, corrupt("associations beyond their box")
		}
	}
	return numbers, nil
}

// shape holds the display size and the rotation that an item's properties state.
type shape struct {
	sides, clean side // clean is the clean aperture; zero means no clean aperture
	rotation     int  // rotation for display, in degrees clockwise
}

// read applies one property (ISO/IEC 23008-12, 6.5).
func (p *shape) read(r *reader, property box) error {
	switch property.kind {
	case "ispe":
		data, err := property.payload(r, 12)
		if err != nil {
			return err
		}
		p.sides = side{float64(u32(data, 4)), float64(u32(data, 8))}
	case "clap":
		data, err := property.payload(r, 32)
		if err != nil {
			return err
		}
		p.clean = side{math.Round(ratio(data, 0)), math.Round(ratio(data, 8))}
	case "irot": // irot counts degrees anticlockwise, so convert to clockwise
		data, err := property.payload(r, 1)
		if err != nil {
			return err
		}
		p.rotation = (p.rotation + 360 - 90*int(data[0]&3)) % 360
	}
	return nil
}
