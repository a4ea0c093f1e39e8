package media_test

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/media"
)

// These are the codec configurations in files from real encoders, in hex. What follows the
// parameter sets is cut off.
const (
	hvcCSquare = "0101600000009000000000003ff000fcfdf8f800000f02a00001001840010c01ffff01600000030090000003000003003f959409a10001002c42010101600000030090000003000003003fa00b8807473446595952930bc05a020000030002000003001410"
	hvcC422    = "0104080000009d08000000005af000fcfefafa00000f02a00001001740010c01ffff0408000003009d0800000300005a959809a1000100384201010408000003009d0800000300005ab005a200904d96566924cafff0040002d680800000030080000005300a4a270007a12000f42440"
	avcC444    = "01f40016ffe1001e67f40016919b2816824dff8020001688000003000800000300a078b16cb001000668ebe3c44844fff8f800"
	avcCFields = "014d4028ffe10019674d4028f402d0227ef0e1000003000100000300141f162ea001000468de0fc8"
	esdsPAL    = "00000000038080805100010004808080432011000000002a1070002a10700580808031000001b001000001b58913000001000000012000c4fa016d8800551684481443000001b24c61766335392e33372e313030068080800102"
	esdsOwn    = "00000000038080805100010004808080432011000000002a1070002a10700580808031000001b001000001b58913000001000000012000c4f928bd8800551684481443000001b24c61766335392e33372e313030068080800102"
	av1C       = "81010c000a0b0000000c459f826d7c8020"
	mpeg2      = "000001b32d024033ffffe018000001b5148a000100001254"
)

// shape holds the values of a codec's header: width, height, and the two numbers of the sample
// aspect.
type shape [4]float64

func headerOf(t testing.TB, codec, config string) shape {
	t.Helper()
	data, err := hex.DecodeString(config)
	if err != nil {
		t.Fatal(err)
	}
	w, h, across, down := media.HeaderOf(codec, data)
	return shape{w, h, across, down}
}

func TestHeadersOfEncoders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codec, config string
		want          shape
	}{
		"HEVC, cropped to 358 x 450":   {"hevc", hvcCSquare, shape{358, 450, 1, 1}},
		"HEVC, 4:2:2 of 10 bits":       {"hevc", hvcC422, shape{720, 576, 64, 45}},
		"H.264, 4:4:4":                 {"h264", avcC444, shape{720, 576, 64, 45}},
		"H.264, in fields, cropped":    {"h264", avcCFields, shape{1440, 1080, 4, 3}},
		"AV1":                          {"av1", av1C, shape{360, 450, 0, 0}},
		"MPEG-2":                       {"mpeg2video", mpeg2, shape{720, 576, 16 * 576, 9 * 720}},
		"MPEG-1's aspect has no such":  {"mpeg1video", mpeg2[:24], shape{720, 576, 0, 0}},
		"no parameter set":             {"h264", "01640016ffe000", shape{}},
		"a parameter set that is cut":  {"h264", avcC444[:50], shape{}},
		"no sides that make sense":     {"h264", "01640016ffe100096742c00affffffffff", shape{}},
		"HEVC without parameter sets":  {"hevc", hvcCSquare[:44] + "00", shape{}},
		"another unit in place of AV1": {"av1", "81010c001200", shape{}},
		"no start code":                {"mpeg4", "00112233", shape{}},
		"a codec without a header":     {"vp9", av1C, shape{}},
	} {
		if got := headerOf(t, c.codec, c.config); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for config, want := range map[string]shape{esdsPAL: {720, 576, 64, 45}, esdsOwn: {720, 576, 37, 23}, esdsPAL[:60]: {}} {
		data, err := hex.DecodeString(config)
		if err != nil {
			t.Fatal(err)
		}
		w, h, across, down := media.HeaderOfStream(data)
		if got := (shape{w, h, across, down}); got != want {
			t.Errorf("esds: %v, want %v", got, want)
		}
	}
}

// bitsOut builds a parameter set bit by bit.
type bitsOut struct {
	data []byte
	n    int
}

func (b *bitsOut) u(n int, v int) {
	for i := n - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(v>>i&1) << (7 - b.n%8)
		b.n++
	}
}

// flags writes single bits.
func (b *bitsOut) flags(bits ...int) {
	for _, v := range bits {
		b.u(1, v)
	}
}

// ue writes numbers as Exp-Golomb codes.
func (b *bitsOut) ue(values ...int) {
	for _, v := range values {
		n := 0
		for (v+1)>>n > 1 {
			n++
		}
		b.u(n, 0)
		b.u(n+1, v+1)
	}
}

// escaped returns the NAL unit of the header and the written bits, with emulation prevention
// bytes.
func (b *bitsOut) escaped(header ...byte) []byte {
	b.u(1, 1)
	out, zeros := slices.Clone(header), 0
	for _, c := range b.data {
		if zeros == 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, c); c == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

// avcEverything returns an H.264 parameter set with every optional field before the aspect:
// scaling lists, a picture order cycle, field coding, cropping, and an aspect stated in two
// numbers.
func avcEverything() []byte {
	var b bitsOut
	b.u(8, 100)
	b.u(16, 0x0028)
	b.ue(0, 1, 0, 0)
	b.flags(0, 1)
	b.flags(1) // write a list of 16 values: the first is 16, the others repeat it
	b.ue(15, 0)
	for range 14 {
		b.ue(0)
	}
	b.flags(1) // write a list that ends at once
	b.ue(16)   // write -8 as a signed Exp-Golomb code, which equals the unsigned code of 16
	b.flags(0, 0, 0, 0, 1)
	for range 64 {
		b.ue(0)
	}
	b.flags(0)
	b.ue(4, 1)
	b.flags(0)
	b.ue(1, 2, 3, 5, 6, 7) // two offsets, then the length 3 of the picture order cycle and its three offsets
	b.ue(4)
	b.flags(0)
	b.ue(44, 33) // a width of 45 macroblocks (720 pixels) and a height of 34 rows of 32 pixels
	b.flags(0, 0, 1, 1)
	b.ue(0, 0, 0, 2)
	b.flags(1, 1)
	b.u(8, 255)
	b.u(16, 64)
	b.u(16, 45)
	b.flags(0, 0, 0, 0, 0, 0, 0, 0, 0)
	return b.escaped(0x67)
}

// hevcEverything returns an HEVC parameter set with every optional field: layers, cropping,
// scaling lists, PCM, picture sets that are derived from other sets, long-term pictures.
func hevcEverything() []byte {
	var b bitsOut
	b.u(4, 0)
	b.u(3, 1) // sps_max_sub_layers_minus1 is 1: two sublayers
	b.flags(1)
	profile := func() { b.u(8, 0x01); b.u(32, 0x60000000); b.u(4, 9); b.u(32, 0); b.u(12, 0) }
	profile()
	b.u(8, 90)
	b.flags(1, 1)
	b.u(14, 0)
	profile()
	b.u(8, 90)
	b.ue(0, 1, 368, 464)
	b.flags(1)
	b.ue(2, 2, 3, 4)
	b.ue(0, 0, 4)
	b.flags(1)
	for range 2 {
		b.ue(4, 2, 0)
	}
	b.ue(0, 3, 0, 3, 0, 0)
	b.flags(1, 1)
	for size := range 4 {
		matrices := []int{6, 6, 6, 2}[size]
		for m := range matrices {
			if m == 0 { // only the first list of each size states its values
				b.flags(1)
				if size > 1 {
					b.ue(15)
				}
				for range min(64, 16<<(2*size)) {
					b.ue(0)
				}
			} else {
				b.flags(0)
				b.ue(0)
			}
		}
	}
	b.flags(1, 1, 1)
	b.u(8, 0x77)
	b.ue(0, 0)
	b.flags(0)
	b.ue(3) // number of short-term picture sets: three
	b.ue(2, 1)
	b.ue(0)
	b.flags(1)
	b.ue(0)
	b.flags(1)
	b.ue(0)
	b.flags(1)
	b.flags(1, 0) // the second set is predicted from the first set
	b.ue(0)
	b.flags(1, 0, 1, 0, 0, 1)
	b.flags(1, 1)
	b.ue(1)
	b.flags(1, 1, 1, 1)
	b.flags(1)
	b.ue(2)
	for range 2 {
		b.u(8, 5)
		b.flags(1)
	}
	b.flags(1, 1, 1, 1)
	b.u(8, 2)
	b.flags(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return b.escaped(0x42, 0x01)
}

// av1Everything returns an av1C box with every optional field that comes before the width and
// height: timing, a decoder model and two operating points.
func av1Everything() []byte {
	var b bitsOut
	b.u(3, 0)
	b.flags(0, 0, 1)
	b.u(32, 1)
	b.u(32, 25)
	b.flags(1)
	b.ue(5)
	b.flags(1)
	b.u(5, 9)
	b.u(32, 1)
	b.u(10, 0x3ff)
	b.flags(1)
	b.u(5, 1)
	b.u(12, 0)
	b.u(5, 9)
	b.flags(1, 1)
	b.u(21, 0x155555)
	b.flags(1)
	b.u(4, 3)
	b.u(12, 0)
	b.u(5, 4)
	b.flags(0, 0)
	b.u(4, 10)
	b.u(4, 6)
	b.u(11, 1919)
	b.u(7, 99)
	b.u(24, 0)
	obu := b.data
	delimiter := []byte{0x12, 0}
	return slices.Concat([]byte{0x81, 9, 0x0c, 0}, delimiter, []byte{0x0e, 0, 0x80 | byte(len(obu)), 0}, obu)
}

func TestHeadersWithEverything(t *testing.T) {
	t.Parallel()
	avc := slices.Concat([]byte{1, 100, 0, 40, 0xff, 0xe1}, b16(len(avcEverything())), avcEverything(), []byte{1, 0, 4, 0x68, 0xce, 0x38, 0x80})
	hevc := hevcC(t, hevcEverything())
	for name, c := range map[string]struct {
		codec  string
		config []byte
		want   shape
	}{
		"H.264": {"h264", avc, shape{720, 1080, 64, 45}},
		"HEVC":  {"hevc", hevc, shape{360, 450, 12, 11}},
		"AV1":   {"av1", av1Everything(), shape{1920, 100, 0, 0}},
	} {
		// for a truncated configuration, HeaderOf must return no values, or only width and height
		for i := range len(c.config) + 1 {
			w, h, across, down := media.HeaderOf(c.codec, c.config[:i])
			got := shape{w, h, across, down}
			if got != c.want && (i == len(c.config) || got != (shape{}) && got != (shape{c.want[0], c.want[1], 0, 0})) {
				t.Fatalf("%s, cut at %d: %v, want %v", name, i, got, c.want)
			}
		}
	}
	file := func(entry, box string, config []byte) string {
		p := picture{entry: atom(entry, zeros(6), b16(1), zeros(16), b16(640), b16(360), zeros(50), atom(box, config)), tables: noSamples}
		path := filepath.Join(t.TempDir(), "film.mp4")
		if err := os.WriteFile(path, film{tracks: [][]byte{p.trak()}}.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Run("as ffprobe reads HEVC", func(t *testing.T) {
		need(t, "ffprobe")
		out, err := run(t, "ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", "stream=width,height,sample_aspect_ratio", file("hvc1", "hvcC", hevc))
		if err != nil || strings.TrimSpace(string(out)) != "360,450,12:11" {
			t.Errorf("%s%v", out, err)
		}
	})
	// This case uses ffmpeg, because ffprobe reads an H.264 header only if frames follow.
	t.Run("as ffmpeg reads H.264", func(t *testing.T) {
		need(t, "ffmpeg")
		out, _ := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-i", file("avc1", "avcC", avc), "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-").CombinedOutput()
		for _, line := range []string{"pic_width_in_mbs_minus1 .* = 44", "frame_crop_bottom_offset .* = 2", "sar_width .* = 64", "sar_height .* = 45"} {
			if !regexp.MustCompile(line).Match(out) {
				t.Errorf("no %s in\n%s", line, out)
			}
		}
	})
}

// hevcC returns an HEVC configuration in which the sequence parameter set follows the video
// parameter set.
func hevcC(t testing.TB, parameters []byte) []byte {
	t.Helper()
	head, err := hex.DecodeString(hvcCSquare)
	if err != nil {
		t.Fatal(err)
	}
	film := 22 + 1 + 3 + 2 + 0x18 // offset where the video parameter set ends
	return slices.Concat(head[:film], []byte{0xa1, 0, 1}, b16(len(parameters)), parameters)
}

// FuzzHeader checks that any bytes give a header with plausible values or a zero header.
func FuzzHeader(f *testing.F) {
	codecs := []string{"h264", "hevc", "av1", "mpeg4", "mpeg2video"}
	for i, configs := range [][]string{{avcC444, avcCFields}, {hvcCSquare, hvcC422}, {av1C}, {esdsPAL, esdsOwn}, {mpeg2}} {
		for _, config := range configs {
			data, err := hex.DecodeString(config)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), data)
		}
	}
	f.Add(byte(0), slices.Concat([]byte{1, 100, 0, 40, 0xff, 0xe1}, b16(len(avcEverything())), avcEverything()))
	f.Add(byte(1), hevcC(f, hevcEverything()))
	f.Add(byte(2), av1Everything())
	f.Fuzz(func(t *testing.T, codec byte, data []byte) {
		check := func(w, h, across, down float64) {
			if (w > 0) != (h > 0) || (across > 0) != (down > 0) || w < 0 || across < 0 || across > 0 && w == 0 || w > 1<<16 || h > 1<<16 {
				t.Errorf("%v x %v, samples of %v : %v", w, h, across, down)
			}
		}
		check(media.HeaderOf(codecs[int(codec)%len(codecs)], data))
		check(media.HeaderOfStream(data))
	})
}
