package placement

import "masterhand/shared/library/creative"

// class says what a token can only mean.
type class byte

const (
	free      class = iota // a word of a title, or of nobody knows what
	known                  // a word of the trade: Meta, video, soundon
	number                 // a number that nothing claims
	code                   // a creative's code
	version                // v2, variation 2, ver.2
	aspect                 // 9x16, 1080x1920, vertical
	date                   // 2025-08-15, KW33, Q3, 12.34.56
	duration               // 15s, 0-30
	technical              // 1080p, h264, 25fps, a hash
	revision               // final, r3, approved
	counted                // take 3, hook 2, IMG_1234
	copied                 // copy 2, (1)
	stale                  // old, WIP, draft
	standIn                // thumbnail, preview, proxy
	spoken                 // a locale, a language, a market
)

// token is a row of runs with its class.
type token struct {
	class class
	from  int // the first run
	to    int // the run behind the last one
	// certain: its numbers can be nothing else. The numbers of other tokens may still be a
	// variation where no number stands directly behind the code.
	certain bool
	number  int    // of a number or a version
	name    string // of a code: its canonical spelling
	guessed bool   // of a code: by its looks, not by a declared shape
	unsure  string // why a code or a version cannot be relied on; "" where it can
	hint    creative.Aspect
	fuzzy   bool // of a hint: weaker than others, as "story" and "45" are
	speech  speech
}

// reader takes a text apart into tokens.
type reader struct {
	text
	rules  *Rules
	tokens []token
}

// matcher returns the token that begins at run i, or one without runs.
type matcher func(r *reader, i int) token

// matchers are tried at each run. The longest token counts; of two equally long ones, the
// earlier. A declared code goes before everything.
var matchers = [...]matcher{
	(*reader).copyMark, (*reader).version, (*reader).aspect, (*reader).date, (*reader).duration,
	(*reader).technical, (*reader).revision, (*reader).counted, (*reader).guessedCode,
	(*reader).spoken, (*reader).word,
}

// read takes a text apart, from the left, the longest token first.
func read(t text, rules *Rules) *reader {
	r := &reader{text: t, rules: rules, tokens: make([]token, 0, len(t.runs))}
	for i := 0; i < len(r.runs); {
		best := r.declaredCode(i)
		for _, match := range matchers {
			if best.class == code && !best.guessed {
				break
			}
			if found := match(r, i); found.to > best.to {
				best = found
			}
		}
		if best.to <= i {
			best = token{class: free, to: i + 1}
			if r.runs[i].digits {
				best = plainNumber(r.number(i))
				best.to = i + 1
			}
		}
		best.from = i
		r.tokens = append(r.tokens, best)
		i = best.to
	}
	return r
}

// plainNumber is a number that nothing claims; one that is too long for a variation is an
// identifier.
func plainNumber(n int) token {
	if n < 0 {
		return token{class: technical, certain: true}
	}
	return token{class: number, number: n}
}

// numbered returns what begins at a run of digits, without what a single number may be.
// "VER_9_16" is no version 9.
func (r *reader) numbered(i int) token {
	var best token
	for _, match := range []matcher{(*reader).aspect, (*reader).date, (*reader).duration, (*reader).technical} {
		if found := match(r, i); found.to > best.to && (found.to > i+1 || found.certain) {
			best = found
		}
	}
	return best
}

// before returns what separates token k from the one before it.
func (r *reader) before(k int) string {
	if k >= len(r.tokens) {
		return r.gap(len(r.runs))
	}
	return r.gap(r.tokens[k].from)
}

// previous returns the token before run i while the text is being read.
func (r *reader) previous(i int) token {
	if n := len(r.tokens); n > 0 && r.tokens[n-1].to == i {
		return r.tokens[n-1]
	}
	return token{}
}
