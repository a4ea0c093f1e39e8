package media_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// pictureItems describes an AVIF file of one item. Its zero value is a picture of 120 x 90.
type pictureItems struct {
	brand      string   // the major brand; "" means avif
	brands     []string // the compatible brands
	properties [][]byte // the item's properties after its ispe property, which states width and height
	order      []byte   // numbers of the item's properties, in order; nil means file order
	without    string   // kind of the meta box's child that the file must lack
	entries    []byte   // the infe boxes; nil means one item of AV1
	located    []byte   // the iloc box; nil means a box that locates the last 8 bytes of the file
	tail       []byte   // bytes after the meta box; nil means a small mdat
}

func (p pictureItems) bytes() []byte {
	if p.brand == "" {
		p.brand = "avif"
	}
	properties := append([][]byte{atom("ispe", zeros(4), b32(120, 90))}, p.properties...)
	if p.order == nil {
		for i := range properties {
			p.order = append(p.order, byte(i+1)|0x80)
		}
	}
	if p.tail == nil {
		p.tail = atom("mdat", zeros(8))
	}
	if p.entries == nil {
		p.entries = atom("infe", full(2, 0), b16(1), b16(0), []byte("av01\x00"))
	}
	head := ftyp(p.brand, p.brands...)
	meta := func(at int) []byte {
		located := p.located
		if located == nil {
			located = atom("iloc", full(0, 0), []byte{0x44, 0}, b16(1), b16(1), b16(0), b16(1), b32(at, 8))
		}
		var parts []byte
		for _, b := range [][]byte{
			atom("hdlr", zeros(8), []byte("pict"), zeros(13)),
			atom("pitm", full(0, 0), b16(1)),
			located,
			atom("iinf", full(0, 0), b16(1), p.entries),
			atom("iprp", atom("ipco", properties...), atom("ipma", full(0, 0), b32(1), b16(1), []byte{byte(len(p.order))}, p.order)),
		} {
			if string(b[4:8]) != p.without {
				parts = append(parts, b...)
			}
		}
		return atom("meta", zeros(4), parts)
	}
	at := len(head) + len(meta(0)) + 8
	return slices.Concat(head, meta(at), p.tail)
}

func TestItems(t *testing.T) {
	t.Parallel()
	irot := func(quarters byte) []byte { return atom("irot", []byte{quarters}) }
	clap := atom("clap", b32(100, 1, 50, 1, 0, 1, 0, 1))
	for name, c := range map[string]struct {
		items                   pictureItems
		width, height, rotation int
	}{
		"plain":                     {pictureItems{}, 120, 90, 0},
		"heic":                      {pictureItems{brand: "heic"}, 120, 90, 0},
		"turned once":               {pictureItems{properties: [][]byte{irot(1)}}, 90, 120, 270},
		"turned twice":              {pictureItems{properties: [][]byte{irot(2)}}, 120, 90, 180},
		"turned three times":        {pictureItems{properties: [][]byte{irot(3)}}, 90, 120, 90},
		"mirrored":                  {pictureItems{properties: [][]byte{atom("imir", []byte{1})}}, 120, 90, 0},
		"cut":                       {pictureItems{properties: [][]byte{clap}}, 100, 50, 0},
		"cut, then turned":          {pictureItems{properties: [][]byte{clap, irot(1)}}, 50, 100, 270},
		"turned, then cut":          {pictureItems{properties: [][]byte{irot(1), clap}}, 50, 100, 270},
		"turned before its sides":   {pictureItems{properties: [][]byte{irot(1), atom("imir", []byte{1})}, order: []byte{2, 3, 1}}, 90, 120, 270},
		"cut larger than it is":     {pictureItems{properties: [][]byte{atom("clap", b32(999, 1, 50, 1, 0, 1, 0, 1))}}, 120, 90, 0},
		"not its property":          {pictureItems{properties: [][]byte{irot(1)}, order: []byte{1}}, 120, 90, 0},
		"a property of no number":   {pictureItems{order: []byte{0, 1, 99}}, 120, 90, 0},
		"no word of how it's coded": {pictureItems{without: "iinf"}, 120, 90, 0},
		"an item of another file":   {pictureItems{located: atom("iloc", full(0, 0), []byte{0x44, 0}, b16(1), b16(1), b16(1), b16(1), b32(100, 5000))}, 120, 90, 0},
		"many extents of no length": {pictureItems{located: atom("iloc", full(0, 0), zeros(2), b16(1), b16(1), b16(0), b16(0xffff))}, 120, 90, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.items.bytes())
			wantVerdict(t, err, nil)
			if info.Width != c.width || info.Height != c.height || info.Rotation != c.rotation {
				t.Errorf("%+v, want %d x %d turned by %d", info, c.width, c.height, c.rotation)
			}
		})
	}
}

// An image whose brands include avif or avis must count as AVIF, whichever brand of images comes
// first. Chromium shows such files. Other images must count as images of another format, never as a
// film.
func TestBrandsOfItems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		brand  string
		brands []string
		want   string
	}{
		"avis":                {"avis", nil, "avif"},
		"mif1 of AV1":         {"mif1", []string{"avif", "miaf"}, "avif"},
		"mif2 of AV1":         {"mif2", []string{"avif"}, "avif"},
		"mif3 of AV1":         {"mif3", []string{"avif"}, "avif"},
		"msf1 of AV1":         {"msf1", []string{"avis", "iso8"}, "avif"},
		"miaf of AV1":         {"miaf", []string{"mif1", "avif"}, "avif"},
		"of a profile":        {"MA1A", []string{"avif", "mif1"}, "avif"},
		"of the base profile": {"MA1B", []string{"avif", "mif1"}, "avif"},
		"intra frames alone":  {"avio", []string{"avis", "avif", "iso8"}, "avif"},
		"mif1 of HEVC":        {"mif1", []string{"heic"}, "heic"},
		"msf1 of HEVC":        {"msf1", []string{"hevc", "iso8"}, "heic"},
		"heic":                {"heic", []string{"mif1"}, "heic"},
		"miaf of HEVC":        {"miaf", []string{"mif1", "heic"}, "heif"},
		"mif2 of its own":     {"mif2", nil, "heif"},
		"a profile alone":     {"MA1B", []string{"mif1"}, "heif"},
		"of H.264":            {"avci", []string{"mif1"}, "heif"},
		"of JPEG":             {"jpeg", []string{"mif1"}, "heif"},
		"of VVC":              {"vvic", []string{"mif1"}, "heif"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, pictureItems{brand: c.brand, brands: c.brands}.bytes())
			wantVerdict(t, err, nil)
			if info.Kind != "image" || info.Container != c.want || info.Width != 120 || (info.Extension == "avif") != (c.want == "avif") {
				t.Errorf("%+v, want %s", info, c.want)
			}
			if c.want != "avif" && info.Misnamed("heif") {
				t.Errorf("%+v is misnamed as heif", info)
			}
		})
	}
}

// An image sequence must be complete, although its first picture is also an item. A film without
// the brand of a sequence does not count, because cameras append films to photos.
func TestSequencesOfItems(t *testing.T) {
	t.Parallel()
	of := func(brand string, data []byte, at int) []byte {
		entry := atom("av01", zeros(24), b16(120), b16(90), zeros(50))
		tables := slices.Concat(counted, atom("stco", zeros(4), b32(1), b32(at)))
		tables = bytes.Replace(tables, atom("stsz", b32(0, sampled, 1)), atom("stsz", b32(0, 0, 1, len(data))), 1)
		moov := atom("moov", movieHeader(0, 1500, turns[0]), picture{handler: "pict", entry: entry, tables: tables}.trak())
		return pictureItems{brand: "avif", brands: []string{brand}, tail: slices.Concat(atom("mdat", payload), moov, atom("mdat", data))}.bytes()
	}
	sequence := func(brand string, data []byte) []byte { return of(brand, data, len(of(brand, data, 0))-len(data)) }
	reordered := func(data []byte) []byte {
		at := bytes.Index(data, []byte("stsd")) - 4
		size, end := int(binary.BigEndian.Uint32(data[at:])), at-8+int(binary.BigEndian.Uint32(data[at-8:]))
		return slices.Concat(data[:at], data[at+size:end], data[at:at+size], data[end:])
	}
	whole, photo := sequence("avis", payload), sequence("mif1", payload)
	moov := bytes.Index(whole, []byte("moov")) + 4
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":                      {whole, nil},
		"and bytes behind it":        {slices.Concat(whole, noise(900)), nil},
		"of HEVC":                    {sequence("msf1", payload), nil},
		"cut":                        {whole[:len(whole)-1], media.ErrTruncated},
		"of HEVC, cut":               {sequence("msf1", payload)[:len(whole)-1], media.ErrTruncated},
		"cut in its header":          {whole[:moov+30], media.ErrTruncated},
		"zeros at its end":           {sequence("avis", zeros(64)), media.ErrTruncated},
		"without its codec":          {bytes.Replace(sequence("avis", zeros(64)), []byte("stsd"), []byte("free"), 1), nil},
		"uncompressed":               {bytes.Replace(sequence("avis", zeros(64)), []byte("av01\x00\x00\x00\x00\x00"), []byte("uncv\x00\x00\x00\x00\x00"), 2), nil},
		"libavif's order of tables":  {reordered(whole), nil},
		"and zeros at its end":       {reordered(sequence("avis", zeros(64))), media.ErrTruncated},
		"and noise behind it":        {slices.Concat(reordered(whole), noise(900)), nil},
		"a photo and a film":         {photo, nil},
		"a photo and a part of film": {photo[:len(photo)-1], nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Width != 120 || info.Duration != 0 {
				t.Errorf("%+v, want a picture 120 wide", info)
			}
		})
	}
}

// The coded item that ends last in the file must not end in zeros. It may be a tile of the picture.
// Data of other codecs may end in zeros.
func TestZerosInPlaceOfItems(t *testing.T) {
	t.Parallel()
	of := func(grid bool, kind string, data []byte, at int) []byte {
		located := atom("iloc", full(0, 0), []byte{0x44, 0}, b16(1), b16(1), b16(0), b16(1), b32(at, len(data)))
		whole := pictureItems{located: located, tail: atom("mdat", data)}
		if grid {
			whole.located = atom("iloc", full(0, 0), []byte{0x44, 0}, b16(3), b16(1), b16(0), b16(1), b32(at, 8), b16(3), b16(0), b16(1), b32(at+40, len(data)-40), b16(2), b16(0), b16(1), b32(at, 40))
			whole.entries = slices.Concat(atom("infe", full(2, 0), b16(1), b16(0), []byte("grid\x00")), atom("infe", full(2, 0), b16(2), b16(0), []byte("av01\x00")), atom("infe", full(3, 0), b32(3), b16(0), []byte("av01\x00")))
			return whole.bytes()
		}
		whole.entries = atom("infe", full(2, 0), b16(1), b16(0), []byte(kind+"\x00"))
		return whole.bytes()
	}
	file := func(grid bool, kind string, data []byte) []byte {
		return of(grid, kind, data, len(of(grid, kind, data, 0))-len(data))
	}
	zeroed, ended := slices.Concat(payload, zeros(64)), slices.Concat(payload, zeros(63), []byte{0x80})
	broken := atom("infe", full(2, 0))
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"AV1":                      {file(false, "av01", zeroed), media.ErrTruncated},
		"AV1 that ends":            {file(false, "av01", ended), nil},
		"AV1, 32 zeros alone":      {file(false, "av01", zeros(32)), media.ErrTruncated},
		"AV1, few bytes":           {file(false, "av01", zeros(31)), nil},
		"HEVC":                     {file(false, "hvc1", zeroed), media.ErrTruncated},
		"uncompressed":             {file(false, "unci", zeroed), nil},
		"JPEG":                     {file(false, "jpeg", zeroed), nil},
		"the last tile":            {file(true, "", zeroed), media.ErrTruncated},
		"the last tile, that ends": {file(true, "", ended), nil},
		"and bytes behind it":      {slices.Concat(file(true, "", ended), zeros(900)), nil},
		"an entry that is cut":     {pictureItems{entries: slices.Concat(atom("infe", full(2, 0), b16(1), b16(0), []byte("av01\x00")), broken)}.bytes(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Width != 120 {
				t.Errorf("%+v, want a picture 120 wide", info)
			}
		})
	}
}

func TestBrokenItems(t *testing.T) {
	t.Parallel()
	whole := pictureItems{}.bytes()
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"cut":                             {whole[:len(whole)-1], media.ErrTruncated},
		"cut before its media":            {whole[:len(whole)-16], media.ErrTruncated},
		"bytes of an item beyond the end": {pictureItems{located: atom("iloc", full(0, 0), []byte{0x44, 0}, b16(1), b16(1), b16(0), b16(1), b32(100, 5000))}.bytes(), media.ErrTruncated},
		"no meta box":                     {slices.Concat(ftyp("avif"), atom("mdat", zeros(8))), media.ErrTruncated},
		"no primary item":                 {pictureItems{without: "pitm"}.bytes(), media.ErrCorrupt},
		"no properties":                   {pictureItems{without: "iprp"}.bytes(), media.ErrCorrupt},
		"no locations":                    {pictureItems{without: "iloc"}.bytes(), media.ErrCorrupt},
		"no sides":                        {pictureItems{order: []byte{}}.bytes(), media.ErrCorrupt},
		"short clean aperture":            {pictureItems{properties: [][]byte{atom("clap", zeros(31))}}.bytes(), media.ErrCorrupt},
		"turn of no bytes":                {pictureItems{properties: [][]byte{atom("irot")}}.bytes(), media.ErrCorrupt},
		"locations beyond their box":      {pictureItems{located: atom("iloc", full(0, 0), []byte{0x44, 0}, b16(9))}.bytes(), media.ErrCorrupt},
		"too many properties":             {pictureItems{properties: slices.Repeat([][]byte{atom("free")}, 20_001), order: []byte{1}}.bytes(), media.ErrTooComplex},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Container != "avif" {
				t.Errorf("%+v, want an AVIF", info)
			}
		})
	}
}
