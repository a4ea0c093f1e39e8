package media_test

import (
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

func TestBrands(t *testing.T) {
	t.Parallel()
	rest := film{brand: "-"}.bytes()
	mp4 := media.Info{Kind: "video", Container: "mp4", Extension: "mp4", ContentType: "video/mp4"}
	mov := media.Info{Kind: "video", Container: "mov", Extension: "mov", ContentType: "video/quicktime"}
	for name, c := range map[string]struct {
		head []byte
		want media.Info
	}{
		"mp4":                   {ftyp("isom", "iso2", "avc1", "mp41"), mp4},
		"unheard of":            {ftyp("zzzz"), mp4},
		"sound's":               {ftyp("M4A ", "mp42"), mp4},
		"of segments":           {atom("styp", []byte("msdh"), zeros(4), []byte("dash")), mp4},
		"quicktime":             {ftyp("qt  "), mov},
		"quicktime, mp4 too":    {ftyp("qt  ", "mp42"), mov},
		"quicktime among":       {ftyp("zzzz", "qt  "), mov},
		"none":                  {nil, mov},
		"none, padding first":   {atom("wide"), mov},
		"much padding first":    {slices.Concat(atom("free", zeros(100_000)), atom("skip", zeros(9000)), ftyp("isom", "mp42")), mp4},
		"a uuid box first":      {slices.Concat(atom("uuid", zeros(16)), ftyp("isom", "mp42")), mp4},
		"user data first":       {slices.Concat(atom("udta", zeros(16)), atom("free"), atom("meta", zeros(9000)), ftyp("isom", "mp42")), mp4},
		"m4v that mp4 can read": {ftyp("M4V ", "M4A ", "mp42", "isom"), media.Info{Kind: "video", Container: "m4v", Extension: "mp4", ContentType: "video/mp4"}},
		"m4v of its own":        {ftyp("M4VP", "M4V "), media.Info{Kind: "video", Container: "m4v", ContentType: "video/x-m4v"}},
		"3gp that mp4 can read": {ftyp("3gp5", "isom"), mp4},
		"3gp":                   {ftyp("3gp4", "3gp5"), media.Info{Kind: "video", Container: "3gp", ContentType: "video/3gpp"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, append(c.head, rest...))
			wantVerdict(t, err, nil)
			got := media.Info{Kind: info.Kind, Container: info.Container, Extension: info.Extension, ContentType: info.ContentType}
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestUnmeasured(t *testing.T) {
	t.Parallel()
	meta := atom("meta", zeros(8))
	mxf := "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\x00"
	stream := make([]byte, 564)
	stream[0], stream[188], stream[376] = 'G', 'G', 'G'
	stamped := make([]byte, 576)
	stamped[4], stamped[196], stamped[388] = 'G', 'G', 'G'
	for name, c := range map[string]struct {
		data []byte
		want media.Info
	}{
		"raw":              {append(ftyp("crx ", "isom"), meta...), media.Info{Kind: "image", Container: "cr3", ContentType: "image/x-canon-cr3"}},
		"avi":              {[]byte("RIFF\x00\x01\x00\x00AVI LIST\x00"), media.Info{Kind: "video", Container: "avi", ContentType: "video/x-msvideo"}},
		"mxf":              {[]byte(mxf), media.Info{Kind: "video", Container: "mxf", ContentType: "application/mxf"}},
		"transport stream": {stream, media.Info{Kind: "video", Container: "ts", ContentType: "video/mp2t"}},
		"stamped stream":   {stamped, media.Info{Kind: "video", Container: "m2ts", ContentType: "video/mp2t"}},
		"photoshop":        {[]byte("8BPS\x00\x01"), media.Info{Kind: "image", Container: "psd", ContentType: "image/vnd.adobe.photoshop"}},
		"tiff":             {[]byte("II*\x00\x08\x00\x00\x00"), media.Info{Kind: "image", Container: "tiff", ContentType: "image/tiff"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, nil)
			if info != c.want {
				t.Errorf("%+v, want %+v", info, c.want)
			}
		})
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"nothing":           {"", media.ErrEmpty},
		"one byte":          {"\x00", media.ErrForeign},
		"text":              {"the film will follow", media.ErrForeign},
		"text with a box":   {"The free film will follow", media.ErrForeign},
		"no box behind one": {"\x00\x00\x00\x09meta.no box follows", media.ErrForeign},
		"a box alone":       {"\x00\x00\x00\x10uuid........", media.ErrForeign},
		"document":          {"%PDF-1.7\n", media.ErrForeign},
		"archive":           {"PK\x03\x04\x14\x00", media.ErrForeign},
		"a page":            {"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", media.ErrForeign},
		"an error of S3":    {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", media.ErrForeign},
		"a pointer":         {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", media.ErrForeign},
		"a shortcut":        {"[InternetShortcut]\r\nURL=https://example.com/film\r\n", media.ErrForeign},
		"a playlist":        {"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:6,\nfilm0.ts\n", media.ErrForeign},
		"a manifest":        {"<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>", media.ErrForeign},
		"subtitles":         {"1\n00:00:01,000 --> 00:00:02,000\nHello\n", media.ErrForeign},
		"a property list":   {"bplist00\xd1\x01\x02", media.ErrForeign},
		"a RAR archive":     {"Rar!\x1a\x07\x00", media.ErrForeign},
		"a 7z archive":      {"7z\xbc\xaf\x27\x1c\x00\x04", media.ErrForeign},
		"a gzip archive":    {"\x1f\x8b\x08\x00\x00\x00\x00\x00", media.ErrForeign},
		"sound":             {"RIFF\x24\x00\x00\x00WAVEfmt ", media.ErrNoPicture},
		"sound, compressed": {"fLaC\x00\x00\x00\x22", media.ErrNoPicture},
		"cut avif":          {"\x00\x00\x00\x10ftypavif\x00\x00\x00\x00", media.ErrTruncated},
		"cut heic":          {"\x00\x00\x00\x10ftypheic\x00\x00\x00\x00\x00\x00\x01\x00meta", media.ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, []byte(c.data))
			wantVerdict(t, err, c.want)
			if info.Probed || info.Extension != "" && info.Container != "avif" {
				t.Errorf("%+v, want nothing to deliver", info)
			}
		})
	}
}
