package media

import (
	"strings"
	"sync"
)

// codecs maps identifiers to codec names as ffprobe spells them. The identifiers are sample
// entries of MP4 and MOV files (the MP4 registration authority's list; Apple, "QuickTime File
// Format"), Matroska codec IDs and types of image items.
var codecs = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"avc1": "h264", "avc2": "h264", "avc3": "h264", "avc4": "h264", "dva1": "h264", "dvav": "h264", "H264": "h264", "V_MPEG4/ISO/AVC": "h264",
		"hvc1": "hevc", "hev1": "hevc", "dvh1": "hevc", "dvhe": "hevc", "hvc2": "hevc", "V_MPEGH/ISO/HEVC": "hevc",
		"av01": "av1", "dav1": "av1", "V_AV1": "av1",
		"vp08": "vp8", "V_VP8": "vp8", "vp09": "vp9", "V_VP9": "vp9",
		"apco": "prores", "apcs": "prores", "apcn": "prores", "apch": "prores", "ap4h": "prores", "ap4x": "prores", "V_PRORES": "prores",
		"AVdn": "dnxhd", "AVdh": "dnxhd",
		"mp4v": "mpeg4", "XVID": "mpeg4", "DIVX": "mpeg4", "DX50": "mpeg4", "FMP4": "mpeg4",
		"V_MPEG4/ISO/SP": "mpeg4", "V_MPEG4/ISO/ASP": "mpeg4", "V_MPEG4/ISO/AP": "mpeg4",
		"V_MPEG1": "mpeg1video", "V_MPEG2": "mpeg2video",
		"jpeg": "mjpeg", "mjpa": "mjpeg", "mjpb": "mjpegb", "MJPG": "mjpeg", "V_MJPEG": "mjpeg",
		"s263": "h263", "h263": "h263", "vvc1": "vvc", "vvi1": "vvc", "V_THEORA": "theora", "V_FFV1": "ffv1", "FFV1": "ffv1",
		"raw ": "rawvideo", "2vuy": "rawvideo", "yuv2": "rawvideo", "V_UNCOMPRESSED": "rawvideo", "v210": "v210",
		"png ": "png", "rle ": "qtrle", "cvid": "cinepak", "SVQ3": "svq3", "Hap1": "hap", "Hap5": "hap", "HapY": "hap",
		"dvc ": "dvvideo", "dvcp": "dvvideo", "dvpp": "dvvideo",
	}
})

// codecOf returns ffprobe's name of a codec. For a codec that is not in the list, it returns the
// identifier itself in lower case, without special characters.
func codecOf(name string) string {
	if known, ok := codecs()[name]; ok {
		return known
	}
	text := strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '/' || c == '_' {
			return c
		}
		return -1
	}, name)
	return strings.ToLower(text[:min(len(text), 32)])
}
