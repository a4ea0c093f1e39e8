package placement

import "strings"

// date is the matcher for days, months, weeks, quarters and times in the forms that people write.
// Only a day with a four-digit year is certain. A shorter date may also be a variation.
func (r *reader) date(i int) token {
	var best token
	for _, found := range []token{r.day(i), r.dayInOneRun(i), r.monthOfYear(i), r.namedMonth(i), r.season(i), r.clock(i)} {
		if found.to > best.to || found.to == best.to && found.certain {
			best = found
		}
	}
	if best.to > 0 && r.isDigits(i) {
		best.to = r.afterDate(best.to, best.certain)
	}
	return best
}

// day matches a day in three numbers: 2025-08-15, 15.08.2025, 8/15/2025, 25.11.01.
func (r *reader) day(i int) token {
	if !r.isDigits(i) || !r.isDigits(i+1) || !r.isDigits(i+2) {
		return token{}
	}
	gap := r.gap(i + 1)
	if r.gap(i+2) != gap || len(gap) != 1 || !strings.Contains("-_./ ", gap) {
		return token{}
	}
	a, b, c := r.runs[i].word, r.runs[i+1].word, r.runs[i+2].word
	full := len(b) == 2 && (len(a) == 4 && len(c) == 2 || len(c) == 4 && len(a) == 2)
	year, first, second := a, b, c
	switch {
	case isYear(a) && len(b) <= 2 && len(c) <= 2:
	case isYear(c) && len(a) <= 2 && len(b) <= 2 && gap != "/":
		year, first, second = c, a, b
	case len(a) == 2 && len(b) == 2 && len(c) == 2 && gap != "/", gap == "." && len(a) <= 2 && len(b) <= 2 && len(c) == 2:
		further := r.isDigits(i+3) && r.gap(i+3) == gap
		if !further && (isDay(a, b) || isDay(b, a) || isDay(b, c)) {
			return token{class: date, to: i + 3}
		}
		return token{}
	default:
		return token{}
	}
	if isYear(year) && (isDay(first, second) || isDay(second, first)) {
		return token{class: date, to: i + 3, certain: full}
	}
	return token{}
}

// dayInOneRun matches a date that is written as one sequence of digits: 20250815, 15082025, 150825,
// 202508, 2025.
func (r *reader) dayInOneRun(i int) token {
	if !r.isDigits(i) {
		return token{}
	}
	switch d := r.runs[i].word; len(d) {
	case 8:
		if isYear(d[:4]) && isDay(d[6:8], d[4:6]) || isYear(d[4:]) && (isDay(d[:2], d[2:4]) || isDay(d[2:4], d[:2])) {
			return token{class: date, to: r.suffixed(i), certain: true}
		}
	case 6:
		if isDay(d[4:], d[2:4]) || isDay(d[:2], d[2:4]) || isDay(d[2:4], d[:2]) || isYear(d[:4]) && isMonth(d[4:]) {
			return token{class: date, to: r.suffixed(i)}
		}
	case 4:
		if isYear(d) {
			return token{class: date, to: i + 1}
		}
	}
	return token{}
}

// suffixed returns the position after a date without separators that is at position i, such as
// 20161210. A single letter after the date belongs to it, because the letter marks a second file of
// that day: 20161210b.
func (r *reader) suffixed(i int) int {
	if r.joined(i+1) && r.isLetters(i+1) && len(r.runs[i+1].word) == 1 && !(r.joined(i+2) && r.isDigits(i+2)) {
		return i + 2
	}
	return i + 1
}

// monthOfYear matches a month with its year: 2025-08, 2025/08, 08-2025.
func (r *reader) monthOfYear(i int) token {
	if !r.isDigits(i) || !r.isDigits(i+1) || len(r.gap(i+1)) != 1 || !strings.Contains("-_./", r.gap(i+1)) {
		return token{}
	}
	a, b := r.runs[i].word, r.runs[i+1].word
	switch {
	case isYear(a) && len(b) == 2 && isMonth(b):
		return token{class: date, to: i + 2}
	case isYear(b) && len(a) == 2 && isMonth(a) && r.gap(i+1) != "/" && r.day(i+1).to == 0 && !(r.isDigits(i+2) && isMonth(r.runs[i+2].word)):
		return token{class: date, to: i + 2}
	}
	return token{}
}

// namedMonth matches a month's name with an optional day and year: Aug, 15 Aug 2025, Aug25,
// August_2025.
func (r *reader) namedMonth(i int) token {
	at, to := i, i
	if r.isDigits(i) { // this number may be the day, as in "15 Aug"
		if len(r.runs[i].word) > 2 || !isLoose(r.gap(i+1)) || r.previous(i).class == code && !r.isDayBehindCode(i) {
			return token{}
		}
		at++
	}
	if !r.isLetters(at) || !isMonthName(r.runs[at].word) {
		return token{}
	}
	to = at + 1
	for to < at+3 && r.isDigits(to) && isDateGap(r.gap(to)) && r.day(to).to == 0 && r.aspect(to).to <= to+1 && r.duration(to).to == 0 && r.technical(to).to == 0 {
		d := r.runs[to].word
		if !isYear(d) && len(d) > 2 {
			break
		}
		to++
		if isYear(d) {
			break
		}
	}
	if at == i && to == at+1 && isAlsoAWord(r.runs[at].word) {
		return token{}
	}
	return token{class: date, to: to}
}

// isDayBehindCode reports whether the number at position i, between a code and the name of a month,
// may be a day: 15 in "HRT-1212 15 August", but 2 in "HRT-1212-2 August" is the variation. The month
// must be as close to the number as the code is, or closer.
func (r *reader) isDayBehindCode(i int) bool {
	before, after := r.gap(i), r.gap(i+1)
	return isDay(r.runs[i].word, "1") && (before == after || before != "-" && before != "" && after != "_")
}

func isDateGap(gap string) bool { return len(gap) <= 2 && strings.Trim(gap, " -_.,") == "" }

// season matches a week, a quarter or a season, with an optional year: KW33, Q3, Q4-2026, SS25,
// FY25.
func (r *reader) season(i int) token {
	if !r.isLetters(i) || !r.isDigits(i+1) {
		return token{}
	}
	gap := r.gap(i + 1)
	close := gap == "" || gap == " " || gap == "-" || gap == "_"
	switch n := len(r.runs[i+1].word); r.runs[i].word {
	case "KW", "CW", "WK":
		if !close || n > 2 {
			return token{}
		}
	case "Q", "W", "H":
		if gap != "" || n > 2 {
			return token{}
		}
	case "SS", "FW", "AW", "HW", "FS", "HS", "SP", "FA", "FY":
		if gap != "" || n != 2 && !isYear(r.runs[i+1].word) {
			return token{}
		}
	default:
		return token{}
	}
	to := i + 2
	if r.isDigits(to) && isYear(r.runs[to].word) && isDateGap(r.gap(to)) {
		to++
	}
	return token{class: date, to: to}
}

// clock matches a time of day: 12.34.56, 00:00:30, 12h30.
func (r *reader) clock(i int) token {
	if r.isDigits(i) && r.isDigits(i+1) && r.isDigits(i+2) {
		gap := r.gap(i + 1)
		h, m, s := r.runs[i].word, r.runs[i+1].word, r.runs[i+2].word
		if gap == r.gap(i+2) && (gap == "." || gap == "-" || gap == ":") && len(h) == 2 && len(m) == 2 && len(s) == 2 && h < "24" && m < "60" && s < "60" {
			return token{class: date, to: i + 3, certain: gap == ":"}
		}
	}
	if r.isDigits(i) && len(r.runs[i].word) == 2 && r.isLetters(i+1) && r.joined(i+1) && r.runs[i+1].word == "H" && r.joined(i+2) && r.isDigits(i+2) && len(r.runs[i+2].word) == 2 {
		return token{class: date, to: i + 3}
	}
	return token{}
}

// afterDate returns the position after a date and its time of day, as in "2025-08-15 at 12.34.56"
// or 20250815_123456. The parameter to is the position right after the date. If no time follows,
// afterDate returns to unchanged. A time without separators, such as 123456, counts only if the
// date is certain, as the parameter certain states.
func (r *reader) afterDate(to int, certain bool) int {
	at := to
	if r.isLetters(at) {
		switch r.runs[at].word {
		case "AT", "UM", "T", "À", "ORE", "KL":
			at++
		default:
			return to
		}
	}
	if !r.isDigits(at) || !isDateGap(r.gap(at)) {
		return to
	}
	if t := r.clock(at); t.to > 0 {
		return t.to
	}
	if d := r.runs[at].word; certain && (len(d) == 6 || len(d) == 4 && at > to) && d[:2] < "24" && d[2:4] < "60" {
		return at + 1
	}
	return to
}

func isYear(d string) bool { return len(d) == 4 && "1990" <= d && d <= "2049" }

func isMonth(d string) bool { n := value(d); return 1 <= n && n <= 12 }

// isDay reports whether the two numbers can be a day and its month.
func isDay(day, month string) bool {
	n := value(day)
	return 1 <= n && n <= 31 && isMonth(month)
}

// isMonthName reports whether an upper-case word is a month's full or short name in English,
// German, French, Spanish or Italian.
func isMonthName(word string) bool {
	switch word {
	case "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "SEPT", "OCT", "NOV", "DEC",
		"JANUARY", "FEBRUARY", "MARCH", "APRIL", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
		"MÄR", "MRZ", "MAI", "OKT", "DEZ", "JANUAR", "FEBRUAR", "MÄRZ", "JUNI", "JULI", "OKTOBER", "DEZEMBER",
		"JANVIER", "FÉVRIER", "MARS", "AVRIL", "JUIN", "JUILLET", "AOÛT", "SEPTEMBRE", "OCTOBRE", "NOVEMBRE", "DÉCEMBRE",
		"ENE", "ABR", "AGO", "DIC", "ENERO", "FEBRERO", "MARZO", "ABRIL", "MAYO", "JUNIO", "JULIO", "AGOSTO", "SEPTIEMBRE", "OCTUBRE", "NOVIEMBRE", "DICIEMBRE",
		"GENNAIO", "FEBBRAIO", "APRILE", "MAGGIO", "GIUGNO", "LUGLIO", "SETTEMBRE", "OTTOBRE", "DICEMBRE":
		return true
	}
	return false
}

// isAlsoAWord reports whether a month's name is also an ordinary word. Such a name means a month
// only beside a number.
func isAlsoAWord(word string) bool {
	switch word {
	case "MAY", "MAR", "MARCH", "MARS", "AGO", "AUGUST", "APRIL", "JUNE", "MAI", "JULI", "JULIO", "SEP", "DIC":
		return true
	}
	return false
}
