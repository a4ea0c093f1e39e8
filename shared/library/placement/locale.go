package placement

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"masterhand/shared/library/creative"
)

// spelling joins the words of several runs (sequences of letters or of digits) with dashes,
// whatever separates the runs in the key.
func spelling(runs []run) string {
	var words []string
	for _, r := range runs {
		words = append(words, r.word)
	}
	return strings.Join(words, "-")
}

// speech states what a token of class spoken (a locale, a language or a market) says about the
// locale.
type speech struct {
	language string // the locale's tag: "en", "de-ch"; "" if the token names only a market
	market   string // the market as written; "" if the token names no market
	tag      bool   // the token is a full tag, or a language with its market
	declared bool
	sure     bool // the token usually means a locale and not a word of a title
	rare     bool // the token is the code of a rarely used language, so it may be an abbreviation
	name     bool // the token is a language's name, not its code
	common   bool // the token is also an everyday word in some language: it, no, de
}

// spoken is the matcher for a word that stands for a locale, a language or a market: a word that
// the library declares, a full language tag such as pt-BR, a language with or without its market,
// or a market alone.
func (r *reader) spoken(i int) token {
	if !r.isLetters(i) {
		return token{}
	}
	if t := r.declaredLocale(i); t.to > 0 || r.rules.OnlyDeclaredLocales {
		return t
	}
	if r.isInFeed(i) {
		return token{class: known, to: i + 2}
	}
	first, ok := languageWord(r.runs[i].word)
	if !ok {
		return r.oneWordTag(i)
	}
	if to, tag := r.pair(i, first); to > 0 {
		return token{class: spoken, to: to, speech: speech{language: tag, tag: true, sure: first.sure}}
	}
	t := token{class: spoken, to: i + 1}
	t.speech = speech{language: first.language, sure: first.sure, rare: first.rare, name: first.name, common: !first.sure && len(first.language) == 2 && utf8.RuneCountInString(r.runs[i].word) == 2}
	switch {
	case first.isMarketAlone():
		t.speech.language, t.speech.market = "", r.runs[i].word
	case first.script != "":
		t.speech.language += "-" + first.script
	}
	return t
}

func (r *reader) declaredLocale(i int) token {
	if len(r.rules.Locales) == 0 {
		return token{}
	}
	for to := min(len(r.runs), i+4); to > i; to-- {
		locale, ok := r.rules.Locales[spelling(r.runs[i:to])]
		if ok && (to == i+1 || !strings.Contains(r.s[r.runs[i].start:r.runs[to-1].end], "/")) {
			return token{class: spoken, to: to, speech: speech{language: string(locale), declared: true, sure: true, tag: true}}
		}
	}
	return token{}
}

// pair matches a language and its region or market, in either order: en-US, zh-Hant-TW, es-419,
// EN_UK, CH-DE, "English (US)". It returns the position after the pair and the pair's tag. If there
// is no pair, the position is 0.
func (r *reader) pair(i int, first wordOfLocale) (to int, tag string) {
	if i+1 >= len(r.runs) || !isPairGap(r.gap(i+1)) {
		return 0, ""
	}
	second := r.runs[i+1]
	if second.digits {
		if first.language != "" && (second.word == "419" || second.word == "150" || second.word == "001") && r.gap(i+1) != " " {
			return i + 2, first.language + "-" + second.word
		}
		return 0, ""
	}
	if first.language != "" && isScript(second.word) {
		tag, to = first.language+"-"+strings.ToLower(second.word), i+2
		if w, ok := languageWord(r.wordAt(to)); ok && w.market != "" && isPairGap(r.gap(to)) && w.speaks(first.language) {
			return to + 1, tag + "-" + w.market
		}
		return to, tag
	}
	other, ok := languageWord(second.word)
	if !ok || !r.maySayTogether(i) || r.isInFeed(i+1) && r.gap(i+1) != "-" {
		return 0, ""
	}
	languageFirst := first.language != "" && other.market != "" && other.speaks(first.language)
	marketFirst := other.language != "" && first.market != "" && first.speaks(other.language)
	// whether the case is that of a proper language tag: en-DE, but not EN-DE
	proper := r.runs[i].written == lower && second.written == upper && r.gap(i+1) != " "
	switch {
	case first.language == "es" && second.word == "LA" && second.written == upper:
		return i + 2, "es-419"
	case languageFirst && (other.isMarketAlone() || first.language == other.language || proper):
		return i + 2, regional(first, other)
	case marketFirst && first.isMarketAlone():
		return i + 2, regional(other, first)
	}
	return 0, ""
}

// isInFeed reports whether the words from position i are IN-FEED, IN-STREAM or IN-APP, which name a
// place of an ad and not the market India.
func (r *reader) isInFeed(i int) bool {
	next := r.wordAt(i + 1)
	return r.wordAt(i) == "IN" && r.gap(i+1) == "-" && (next == "FEED" || next == "STREAM" || next == "APP")
}

func regional(language, market wordOfLocale) string {
	tag := language.language
	if language.script != "" {
		tag += "-" + language.script
	}
	if market.market == "area" {
		return tag
	}
	return tag + "-" + market.market
}

// maySayTogether reports whether two adjacent words may together mean a language and a market,
// judged by their case and separator: "EN UK" may, "es la" in a title may not.
func (r *reader) maySayTogether(i int) bool {
	a, b, gap := r.runs[i], r.runs[i+1], r.gap(i+1)
	longer := max(len(a.word), len(b.word)) > 3
	switch {
	case gap == "-" || gap == "_":
		// accept "NO-NO" and "no-NO" as Norwegian, but not "no-no", which may be the English word
		return b.written == upper || a.word != "NO" || b.word != "NO"
	case gap == "":
		return false
	}
	return longer || a.written != lower && b.written == upper
}

func (r *reader) wordAt(i int) string {
	if !r.isLetters(i) {
		return ""
	}
	return r.runs[i].word
}

func isPairGap(gap string) bool {
	switch gap {
	case "-", "_", " ", " (", "(", " [", "[", " - ", "+", ".":
		return true
	}
	return false
}

func isScript(word string) bool {
	switch word {
	case "HANS", "HANT", "LATN", "CYRL", "ARAB":
		return true
	}
	return false
}

// oneWordTag matches a language and its market in one word: enUS, PTBR.
func (r *reader) oneWordTag(i int) token {
	word := r.runs[i].word
	if len(word) != 4 || !isASCII(word) || r.runs[i].written == lower {
		return token{}
	}
	language, ok := languageWord(word[:2])
	market, found := languageWord(word[2:])
	if !ok || !found || !language.sure || language.language == "" || market.market == "" || market.market == "area" || !market.speaks(language.language) {
		return token{}
	}
	if !market.isMarketAlone() && language.language != market.language {
		return token{}
	}
	return token{class: spoken, to: i + 1, speech: speech{language: regional(language, market), tag: true, sure: true}}
}

// isEveryday reports whether a two-letter word is an everyday word in some language. Such words
// are frequent in titles.
func isEveryday(word string) bool {
	switch word {
	case "IT", "IS", "NO", "SO", "TO", "AM", "AS", "BE", "MY", "HE", "HI", "ME", "AN", "OR", "LA", "EL", "ES", "SE", "DA", "ET", "IN", "AT", "US", "DE", "EN",
		"ID", "OM", "SI", "TU", "TE", "TA", "NE", "NA", "KA", "HA", "HO", "MI", "LO", "IO", "PA", "BY", "CO", "CA", "AR", "DO", "UN", "LE", "IE", "SU", "FI", "VI", "OS", "AB", "MA":
		return true
	}
	return false
}

// verdict states how likely it is that a token that may be a locale is one, and not a word of a
// title.
type verdict byte

const (
	titled  verdict = iota // the token is a word of a title
	edge                   // the token is beside a title, so it may be a locale or a word of the title
	certain                // the token is certainly a locale
)

// judge decides whether token k is a locale. A word that stands alone or apart from the title is
// a locale. A word inside a title never is.
func (r *reader) judge(k int) verdict {
	t := r.tokens[k]
	neighbours, apart, shouting := 0, true, false
	for _, side := range [...]int{k - 1, k + 1} {
		gap := r.before(max(k, side))
		if side < 0 || side >= len(r.tokens) || isApart(gap) {
			continue
		}
		if !r.isTitle(side, t) || gap == "_" && r.isField(side) {
			continue
		}
		neighbours++
		apart = apart && gap == "_"
		shouting = shouting || r.runs[r.tokens[side].from].written == upper
	}
	loud := r.runs[t.from].written == upper
	switch {
	case r.isNumberedWord(k) && !t.speech.sure:
		return titled
	case r.isNumberedWord(k), neighbours == 0 && t.speech.rare:
		return edge
	case neighbours == 0:
		return certain
	case t.speech.tag && (loud || !t.speech.declared && r.tiesTighter(t, k)):
		return certain
	// A word in mixed case, such as "Es" in "Es ist Sommer", is a title's word. A language's full
	// name, such as "English", may still be a locale.
	case !loud && !t.speech.name && r.runs[t.from].written != lower:
		return titled
	case t.speech.name && apart && neighbours == 1:
		return certain
	case loud && t.speech.sure && !shouting && (apart || neighbours == 1):
		return certain
	case neighbours == 1 && (t.speech.sure || loud && (len(r.runs[t.from].word) > 2 || !shouting || !isEveryday(r.runs[t.from].word))):
		return edge
	}
	return titled
}

// isNumberedWord reports whether a number is attached to a word that would otherwise be a locale:
// AB-1234, DE-3.
func (r *reader) isNumberedWord(k int) bool {
	if r.tokens[k].speech.tag || k+1 >= len(r.tokens) {
		return false
	}
	return r.tokens[k+1].class == number && (r.before(k+1) == "-" || r.before(k+1) == "")
}

// tiesTighter reports whether a dash joins the words of a tag and other separators surround the
// tag: summer_en-us.
func (r *reader) tiesTighter(t token, k int) bool {
	return t.to-t.from > 1 && r.gap(t.from+1) == "-" && r.before(k) != "-" && r.before(k+1) != "-"
}

// isTitle reports whether token k is a word of a title. The parameter beside is the token next to
// it, which may mean a language. A known word is normally no word of a title. It is one if beside
// is an everyday word, as in "new" beside "is".
func (r *reader) isTitle(k int, beside token) bool {
	t := r.tokens[k]
	quiet := r.runs[beside.from].written != upper && beside.speech.common
	switch t.class {
	case free:
		return true
	case known, revision, stale:
		return quiet
	// An everyday word is a title's word even if it may mean a language or a market: "in" in "made
	// in italy", "is" in "this is us".
	case spoken:
		return !t.speech.tag && r.runs[t.from].written == lower && isEveryday(r.runs[t.from].word)
	}
	return false
}

// isField reports whether token k, a word of a title, is in a title of several words, such as
// "Summer Sale_en" or "SummerSale_en". Only blanks, dashes or capital letters separate these words.
// So the "_" in such a name separates the title from the locale.
func (r *reader) isField(k int) bool {
	for _, i := range [...]int{r.tokens[k].from, r.tokens[k].to} {
		if gap := r.gap(i); (gap == " " || gap == "-") && r.isLetters(i-1) && r.isLetters(i) {
			return true
		}
	}
	written := r.runs[r.tokens[k].from]
	s := r.s[written.start:written.end]
	return written.written == mixed && strings.ContainsFunc(s[1:], func(c rune) bool { return 'A' <= c && c <= 'Z' })
}

// isApart reports whether a gap separates fields rather than the words of a title.
func isApart(gap string) bool {
	return strings.ContainsAny(gap, "/()[]{}|<>【】「」;=") || strings.Contains(gap, " - ") || strings.Contains(gap, "__")
}

// locale returns the only locale that the tokens state for certain. If they do not state one
// clearly, unclear states the reason.
func (r *reader) locale() (locale creative.Locale, unclear string) {
	var tag, market, doubt, doubted string
	for k, t := range r.tokens {
		if t.class != spoken {
			continue
		}
		written := r.s[r.runs[t.from].start:r.runs[t.to-1].end]
		switch v := r.judge(k); {
		case v == titled:
		case t.speech.market != "":
			market = written
		case v == edge:
			doubt, doubted = written, t.speech.language
		case tag == "" || isPartOf(tag, t.speech.language):
			tag = t.speech.language
		case !isPartOf(t.speech.language, tag):
			return "", fmt.Sprintf("%s and %s are two locales: declare which one the file has", tag, t.speech.language)
		}
	}
	switch {
	case tag == several:
		return "", "the file has several languages: declare which locale it is for"
	case tag != "" && market != "" && !marketSpeaks(market, tag):
		return "", fmt.Sprintf("%s is not the language of the market %s: declare the locale that %s means", tag, market, market)
	case tag != "" && doubt != "" && !isPartOf(doubted, tag):
		return "", fmt.Sprintf("%s beside %s may be a second locale, or a word of the title", doubt, tag)
	case tag != "":
		parsed, err := creative.ParseLocale(tag)
		if err != nil {
			return "", err.Error()
		}
		return parsed, ""
	case market != "":
		return "", fmt.Sprintf("%s is a market, not a language: name the language too, or declare the locale that %s means", market, market)
	case doubt != "":
		return "", fmt.Sprintf("%s may be a language or another word: declare the locale that it means, or tag the file", doubt)
	}
	return "", ""
}

// several is the language tag of files in several languages. Such a file answers no request.
const several = "mul"

// marketSpeaks reports whether a tag fits a market. The tag's language must be spoken in the
// market, and the tag must state no other region.
func marketSpeaks(market, tag string) bool {
	w, _ := languageWord(strings.ToUpper(market))
	language, region, _ := strings.Cut(tag, "-")
	return w.market == "area" || w.speaks(language) && (region == "" || region == w.market || strings.HasSuffix(region, "-"+w.market) || isScript(strings.ToUpper(region)))
}

// isPartOf reports whether the first language tag equals the second or is its beginning: de is the
// beginning of de-ch.
func isPartOf(short, long string) bool { return short == long || strings.HasPrefix(long, short+"-") }
