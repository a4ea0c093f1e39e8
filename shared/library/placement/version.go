package placement

import "strings"

// version is the matcher for a number with a word that means version: v2, V02, ver.2, version 2,
// var-2, Variation 2, n°2. It knows these words in the languages that teams use in file names.
func (r *reader) version(i int) token {
	if !r.isLetters(i) || !r.isDigits(i+1) {
		return token{}
	}
	gap := r.gap(i + 1)
	switch word := r.runs[i].word; {
	case word == "V" && gap == "":
		if next := r.numbered(i + 1); next.class == aspect && next.certain { // no version: V9x16 is an aspect
			return token{}
		}
	case word == "N" && (gap == "°" || gap == "º" || gap == "° "), isVersionWord(word) && isVersionGap(gap):
		if r.startsLonger(i) {
			return token{}
		}
	case (word == "NO" || word == "NR" || word == "NUM" || word == "NUMMER" || word == "NUMBER") && isLoose(gap) && r.previous(i).class == code:
	default:
		return token{}
	}
	n := r.number(i + 1)
	if n < 0 || strings.Contains(gap, "(") && r.copyMark(i+1).to > 0 {
		return token{}
	}
	return token{class: version, to: i + 2, number: n, unsure: r.continued(i + 1)}
}

// isVersionGap reports whether the characters gap may separate a word that means version from its
// number.
func isVersionGap(gap string) bool { return isLoose(gap) || gap == "/" || gap == " (" }

// continued returns the number at position i of the key together with a letter or a number that
// continues it, such as 2a or 2.1. It returns "" if nothing continues the number.
func (r *reader) continued(i int) string {
	switch {
	case r.isLetters(i+1) && r.joined(i+1) && !(r.runs[i+1].word == "X" || isVersionWord(r.runs[i+1].word)) && words()[r.runs[i+1].word] == free:
		return r.s[r.runs[i].start:r.runs[i+1].end]
	case r.isDigits(i+1) && (r.gap(i+1) == "." || r.gap(i+1) == ",") && r.numbered(i+1).to == 0:
		return r.s[r.runs[i].start:r.runs[i+1].end]
	}
	return ""
}

// isVersionWord reports whether an upper-case word means version or variation.
func isVersionWord(word string) bool {
	switch word {
	case "V", "VER", "VERS", "VERSION", "VAR", "VARI", "VARIATION", "VARIANT", "VARIANTE", "VARIATIE", "VARIAZIONE", "VARIACIÓN", "VARIACION", "VARIAÇÃO",
		"VARIACAO", "VERSIONE", "VERSIÓN", "VERSÃO", "VERSAO", "VERSIE", "WERSJA", "WARIANT", "VERZE", "VERSIYON", "VARYASYON", "FASSUNG", "VARIÁNS",
		"ВЕРСИЯ", "ВАРИАНТ", "バージョン", "バリエーション", "版本", "버전":
		return true
	}
	return false
}
