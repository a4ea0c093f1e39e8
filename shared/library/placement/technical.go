package placement

import "strings"

// duration is the matcher for a running time: 15s, 6sec, 30 seconds, 1m30, 15", 0-30, 1:30, :30.
func (r *reader) duration(i int) token {
	if !r.isDigits(i) {
		return token{}
	}
	if len(r.runs[i].word) <= 3 && r.isLetters(i+1) {
		gap := r.gap(i + 1)
		switch r.runs[i+1].word {
		case "S", "MIN":
			if gap == "" || gap == " " {
				return token{class: duration, to: i + 2, certain: gap == ""}
			}
		case "SEC", "SECS", "SECOND", "SECONDS", "SEK", "SEKUNDEN", "SEKUNDE", "SEKUNDER", "SECONDEN", "SECONDE", "SEG", "SEGUNDOS", "SECONDES", "SECONDI", "СЕК",
			"MINUTE", "MINUTES", "MINUTEN", "MINUTER", "MINUTOS", "MINUTI", "MINS", "秒", "分", "초", "분":
			if gap == "" || gap == " " || gap == "-" || gap == "_" {
				return token{class: duration, to: i + 2, certain: gap == "" || gap == " "}
			}
		case "M":
			if gap == "" && r.isDigits(i+2) && r.joined(i+2) && len(r.runs[i+2].word) == 2 {
				to := i + 3
				if r.isLetters(to) && r.joined(to) && r.runs[to].word == "S" {
					to++
				}
				return token{class: duration, to: to, certain: true}
			}
		}
	}
	if after := r.gap(i + 1); len(r.runs[i].word) <= 2 && i > 0 && isSecondsSign(after, r.gap(i)) {
		return token{class: duration, to: i + 1}
	}
	if strings.HasSuffix(r.gap(i), ":") && len(r.runs[i].word) == 2 && r.runs[i].word < "60" {
		return token{class: duration, to: i + 1}
	}
	if r.isDigits(i+1) && len(r.runs[i+1].word) == 2 && r.runs[i+1].word < "60" {
		m, gap := r.runs[i].word, r.gap(i+1)
		if (m == "0" || m == "00") && (gap == "-" || gap == "_" || gap == ".") || gap == ":" && len(m) <= 2 {
			return token{class: duration, to: i + 2}
		}
	}
	return token{}
}

// isSecondsSign reports whether a sign after a number means seconds: 15", 15”. It returns false
// if such a sign also comes before the number, because both are then quotation marks.
func isSecondsSign(after, before string) bool {
	for _, sign := range [...]string{"\"", "''", "′′", "”"} {
		if strings.HasPrefix(after, sign) && !strings.ContainsAny(before, "\"'“′") {
			return true
		}
	}
	return false
}

// technical is the matcher for technical facts that encoders, exporters and app stores put into
// names: 1080p, h264, ProRes422, 25fps, -23LUFS, @2x, a hash.
func (r *reader) technical(i int) token {
	if to := r.hash(i); to > 0 {
		return token{class: technical, to: to, certain: true}
	}
	if r.isDigits(i) {
		return r.measure(i)
	}
	return r.codec(i)
}

// measure matches a number with its unit.
func (r *reader) measure(i int) token {
	at := i
	d := r.runs[i].word
	if r.isDigits(i+1) && (r.gap(i+1) == "." || r.gap(i+1) == ",") {
		switch d + "." + r.runs[i+1].word {
		case "23.976", "23.98", "29.97", "59.94", "5.1", "7.1", "119.88":
			at, d = i+1, "0"
		}
	}
	whole := token{class: technical, to: at + 1, certain: at > i}
	if r.isLetters(at+1) && (r.joined(at+1) || r.gap(at+1) == " ") {
		unit, joined := r.runs[at+1].word, r.joined(at+1)
		certain := token{class: technical, to: at + 2, certain: true}
		switch unit {
		case "FPS", "KBPS", "MBPS", "KBIT", "MBIT", "KBITS", "MBITS", "LUFS", "LKFS", "DPI", "PPI", "KHZ", "HZ", "DB", "PX", "BIT", "MB", "KB", "GB", "HQ", "LT":
			if joined || unit != "HQ" && unit != "LT" {
				return certain
			}
		case "P", "I":
			if joined && (isDefinition(d) || len(d) == 2 || at > i) {
				if r.isDigits(at+2) && r.joined(at+2) { // a frame rate may follow: 1080p25
					certain.to++
				}
				certain.certain = isDefinition(d)
				return certain
			}
		case "K":
			if joined && len(d) == 1 {
				return certain
			}
		case "X":
			if joined && len(d) == 1 && !(r.isDigits(at+2) && r.joined(at+2)) && strings.HasSuffix(r.gap(i), "@") {
				return certain
			}
		case "CH", "PASS":
			if joined && len(d) == 1 {
				return certain
			}
		}
	}
	if at > i || isDefinition(d) || r.isAmount(i) {
		return whole
	}
	return token{}
}

// isAmount reports whether the characters beside the number at position i make it an amount: €20,
// 99$, 18+, +50. A "+" alone between two words is a separator.
func (r *reader) isAmount(i int) bool {
	before, after := r.gap(i), r.gap(i+1)
	for _, sign := range [...]string{"€", "$", "£", "¥", "₹"} {
		if strings.HasSuffix(before, sign) || strings.HasPrefix(after, sign) {
			return true
		}
	}
	return len(before) > 1 && strings.HasSuffix(before, "+") || strings.HasPrefix(after, "+") && (after != "+" || i+1 == len(r.runs))
}

func isDefinition(d string) bool {
	switch d {
	case "240", "360", "480", "540", "576", "720", "1080", "1440", "2160", "4320":
		return true
	}
	return false
}

// codec matches a codec, a container or a colour space, with its number and its profile.
func (r *reader) codec(i int) token {
	if !r.isLetters(i) {
		return token{}
	}
	word := r.runs[i].word
	t := token{class: technical, to: i + 1, certain: true}
	if !r.isDigits(i+1) || !isCodecNumber(word, r.gap(i+1), r.runs[i+1].word) {
		if isFormat(word) {
			return t
		}
		return token{}
	}
	t.to++
	for r.isLetters(t.to) && len(r.gap(t.to)) <= 1 && !strings.Contains(r.gap(t.to), "/") && isProfile(r.runs[t.to].word) {
		t.to++
	}
	return t
}

// isFormat reports whether a word alone names a codec, a container or a colour space.
func isFormat(word string) bool {
	switch word {
	case "HEVC", "AVC", "AAC", "PRORES", "DNXHD", "DNXHR", "UHD", "FHD", "QHD", "HD", "SD", "SRGB", "HDR", "SDR", "HLG",
		"JPG", "JPEG", "PNG", "WEBP", "AVIF", "WEBM", "MKV", "CBR", "VBR", "XAVC", "XDCAM", "WAV", "LOSSLESS", "ALPHA", "LUFS", "LKFS",
		"FPS", "TIFF", "PSD", "CFR", "VFR", "INTERLACED", "PROGRESSIVE":
		return true
	}
	return false
}

// isCodecNumber reports whether the number d after a word belongs to the word: H.264, ProRes 422.
func isCodecNumber(word, gap, d string) bool {
	tied := gap == "" || gap == "." || gap == " " || gap == "-"
	switch word {
	case "H", "X":
		return tied && (d == "263" || d == "264" || d == "265" || d == "266")
	case "AV":
		return gap == "" && d == "1"
	case "VP":
		return gap == "" && (d == "8" || d == "9")
	case "MP":
		return gap == "" && (d == "2" || d == "3" || d == "4")
	case "MPEG":
		return tied && len(d) == 1
	case "REC", "BT":
		return tied && (d == "709" || d == "2020" || d == "601" || d == "2100")
	case "CRF", "QP", "SLOG", "CLOG", "LOG", "HDR", "DV", "AC", "XAVC", "XDCAM":
		return gap == "" && len(d) <= 3
	case "YUV", "RGB":
		return gap == "" && len(d) <= 3
	case "PRORES", "DNXHD", "DNXHR":
		return (tied || gap == "_") && (d == "422" || d == "4444" || tied && len(d) >= 2)
	case "LUFS", "LKFS":
		return len(gap) <= 2 && len(d) <= 2
	}
	return false
}

// isProfile reports whether an upper-case word names a codec's profile, such as HQ.
func isProfile(word string) bool {
	switch word {
	case "HQ", "LT", "XQ", "P":
		return true
	}
	return false
}

// hash returns the position after a hash or an identifier that begins at position i, or 0 if none
// begins there. A hash consists of hexadecimal letters and digits without separators. It must have
// at least 16 characters, or at least 8 if these change between letters and digits at least three
// times: 1a2b34cd.
func (r *reader) hash(i int) int {
	if r.joined(i) {
		return 0
	}
	to, letters := i, false
	for ; to < len(r.runs) && (to == i || r.joined(to)); to++ {
		if !r.runs[to].digits {
			letters = true
			if strings.Trim(r.runs[to].word, "ABCDEF") != "" {
				return 0
			}
		}
	}
	length := r.runs[to-1].end - r.runs[i].start
	if letters && to > i+1 && (length >= 8 && to-i >= 4 || length >= 16) {
		return to
	}
	return 0
}
