package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

func placeCommand(s *session) *cobra.Command {
	var o tagOptions
	var suggest bool
	c := &cobra.Command{
		Use: "place KEY… CODE-N [LOCALE] [ASPECT]", Short: "Place files at a creative by tags, regardless of their names",
		DisableFlagsInUseLine: true, Args: takes(0, maxArguments, "KEY… CODE-N [LOCALE] [ASPECT]"),
		Long: `Shows the new place of each file, asks, and writes the tags ` + masters.LabelCode + ` and
` + masters.LabelVariation + `, and ` + masters.LabelLocale + ` and ` + masters.LabelAspect + ` if they are given. Tags count more
than the file's name. The object's other tags stay; only ` + masters.LabelIgnore + ` is removed.

CODE-N is code and variation of a creative, such as HRT-1212-2. LOCALE is a locale
such as en or pt-BR. ASPECT is an aspect such as 9x16. Without LOCALE, the locale of
the present tags or the name stays. Without ASPECT, the pixels decide.

The command refuses a file that does not exist, that would have over ten tags, or
that changed, or whose tags changed, after they were shown.

With --suggest, the command uses the obvious reading of each unplaced file, or of
the given KEYs: a name has an obvious reading if it contains exactly one code and
exactly one possible variation. The command shows the other files and does not
change them.

` + tagPermissions + `
They also need s3:ListBucket and s3:GetObject on the index bucket.`,
		Example: examples("place 'Summer final.mp4' HRT-1212-2 en", "place a.mp4 b.mp4 HRT-1212-2 pt-BR 9x16", "place --suggest"),
	}
	library := libraryFlag(c)
	c.Flags().BoolVar(&suggest, "suggest", false, "use the obvious reading of each unplaced file")
	s.defineTagging(c, &o)
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case s.asJSON && !o.yes && !o.dryRun:
			return errJSONAsks
		case suggest:
			return s.placeObvious(c.Context(), args, *library, o)
		case c.Flags().Changed("library"):
			return fmt.Errorf("%w: --library is only for --suggest: a key belongs to one library", errUsage)
		}
		keys, at, err := parsePlacing(args)
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		return s.place(c.Context(), keys, at, args[len(keys)], o)
	}
	return c
}

// placing is the new place of a file. If the locale is "", the file keeps its present locale; the
// same holds for the aspect.
type placing struct {
	creative creative.Creative
	locale   creative.Locale
	aspect   creative.Aspect
}

// change returns the tags that place a file, as a change of its present tags.
func (p placing) change() tagChange {
	c := tagChange{
		set:   map[string]string{masters.LabelCode: p.creative.Code, masters.LabelVariation: strconv.Itoa(p.creative.Variation)},
		unset: []string{masters.LabelIgnore},
	}
	if p.locale != "" {
		c.set[masters.LabelLocale] = string(p.locale)
	}
	if p.aspect != "" {
		c.set[masters.LabelAspect] = string(p.aspect)
	}
	return c
}

var (
	errNoPlacing  = errors.New("expected KEY… CODE-N [LOCALE] [ASPECT]")
	errNoKey      = errors.New("there is no key before the creative")
	errBehindCode = errors.New("expected [LOCALE] [ASPECT] after the creative")
)

// parsePlacing parses the arguments KEY… CODE-N [LOCALE] [ASPECT]. It starts with the last
// argument, because the number of keys is not known.
func parsePlacing(args []string) (keys []string, at placing, err error) {
	rest := args
	last := func() string { return rest[len(rest)-1] }
	if len(rest) > 0 {
		if at.aspect, err = creative.ParseAspect(last()); err == nil {
			rest = rest[:len(rest)-1]
		}
	}
	// A word such as "es-419" has the form of a locale and of a creative. It is read as a locale if
	// the word before it is a creative.
	if n := len(rest); n > 1 && (isCreative(rest[n-2]) || !isCreative(rest[n-1])) {
		// Parse returns an error for words that are no locales, such as "english" and "HRT-1212-2".
		if _, err := language.Parse(last()); err == nil {
			at.locale, _ = creative.ParseLocale(last())
			rest = rest[:n-1]
		}
	}
	if len(rest) == 0 {
		return nil, placing{}, errNoPlacing
	}
	at.creative, err = parseCreative(last())
	keys = rest[:len(rest)-1]
	switch before := slices.IndexFunc(args, isCreative); {
	case err != nil && before > 0:
		return nil, placing{}, fmt.Errorf("%w%s (got %q)", errBehindCode, wrongWord(args[before+1:]), args[before+1:])
	case err != nil:
		return nil, placing{}, fmt.Errorf("%w: %w", errNoPlacing, err)
	case len(keys) == 0:
		return nil, placing{}, fmt.Errorf("%w: %w", errNoPlacing, errNoKey)
	}
	return keys, at, nil
}

// wrongWord returns a text that says which of the words after the creative is no locale or no aspect.
// It returns "" if the words are in the wrong order or too many.
func wrongWord(words []string) string {
	for n, word := range words[:min(len(words), 2)] {
		_, noTag := language.Parse(word)
		switch _, noAspect := creative.ParseAspect(word); {
		case noTag == nil || noAspect == nil:
		case n == 0 && !strings.ContainsAny(word[:min(len(word), 1)], "0123456789"):
			return fmt.Sprintf("; %q is no language tag: expected one such as de", word)
		default:
			return fmt.Sprintf("; %q is no aspect: expected one such as 9x16", word)
		}
	}
	return ""
}

func isCreative(text string) bool {
	_, err := parseCreative(text)
	return err == nil
}

// checkVariation calls session.checkVariation for the creative in each library that contains one of
// the keys.
func (p *tagPlan) checkVariation(ctx context.Context, keys []string, written string, c creative.Creative) error {
	checked := map[string]bool{}
	for _, key := range keys {
		lib, ok := libraryOf(p.libraries, key)
		if !ok || checked[lib.Name] {
			continue
		}
		checked[lib.Name] = true
		if err := p.session.checkVariation(ctx, p.deployed, lib, written, c); err != nil {
			return err
		}
	}
	return nil
}

var errNotPlaced = errors.New("tags cannot place this file")

// place shows the new places of the files, asks for confirmation, and writes the tags. written is
// the creative in the operator's spelling. If the operator probably forgot the variation, place
// returns errOnlyCode.
func (s *session) place(ctx context.Context, keys []string, at placing, written string, o tagOptions) error {
	p, err := s.tagPlan(ctx, "place")
	if err != nil {
		return err
	}
	if err := p.checkVariation(ctx, keys, written, at.creative); err != nil {
		return err
	}
	if err := p.plan(ctx, distinct(keys), func(tagged) (tagChange, error) { return at.change(), nil }); err != nil {
		return err
	}
	p.text("code %s, variation %d\n\n", printable(at.creative.Code), at.creative.Variation)
	return p.run(ctx, o)
}

// errStated is the error for a file whose own labels state a creative: placeObvious must not change
// these labels.
var errStated = errors.New("its tags or metadata already state a creative")

// placeObvious places unplaced files by the obvious readings of their names. If keys is empty, it
// places all unplaced files of the library.
func (s *session) placeObvious(ctx context.Context, keys []string, library string, o tagOptions) error {
	d, lib, err := s.library(ctx, library)
	if err != nil {
		return err
	}
	list, err := s.listUnplaced(ctx, d, lib)
	if err != nil {
		return err
	}
	if err := s.warnUnbuilt(ctx, d, lib); err != nil {
		return err
	}
	p, err := s.tagPlan(ctx, "place")
	if err != nil {
		return err
	}
	obvious := p.readObvious(lib, list, distinct(keys))
	if err := p.plan(ctx, slices.Sorted(maps.Keys(obvious)), func(t tagged) (tagChange, error) {
		if stateCreative(t.object.Labels) {
			return tagChange{}, errStated
		}
		return obvious[t.object.Key].change(), nil
	}); err != nil {
		return err
	}
	for _, t := range p.keys {
		if t.State == refused {
			t.State = leftAlone
		}
	}
	slices.SortFunc(p.keys, func(a, b *tagging) int { return strings.Compare(a.Key, b.Key) })
	return p.run(ctx, o)
}

// stateCreative reports whether a file's labels already state a code or a variation.
func stateCreative(l masters.Labels) bool {
	for _, label := range []string{masters.LabelCode, masters.LabelVariation} {
		if l.Tags[label] != "" || l.Metadata[label] != "" {
			return true
		}
	}
	return false
}

// readObvious returns, by key, the new place of each wanted file whose name has one obvious
// reading. It adds every other wanted key to the plan, with the state leftAlone and the reason.
//
// The parameter asked lists the wanted keys. If it is empty, all unplaced files are wanted.
func (p *tagPlan) readObvious(lib masters.Library, unplaced []masters.Placed, asked []string) map[string]placing {
	obvious, everything := map[string]placing{}, len(asked) == 0
	leave := func(key, why string) {
		p.keys = append(p.keys, &tagging{naming: naming{Key: key}, State: leftAlone, Why: why})
	}
	for _, u := range unplaced {
		if !everything && !slices.Contains(asked, u.Key) {
			continue
		}
		asked = slices.DeleteFunc(asked, func(key string) bool { return key == u.Key })
		reading, is := lib.Obvious(u.Key, placement.UnknownSize)
		switch {
		case u.Unplaced == "", u.Never:
			leave(u.Key, whyListed(u))
		case u.NoMedia:
			leave(u.Key, "the file is neither video nor image")
		case !is:
			leave(u.Key, u.Unplaced)
		default:
			obvious[u.Key] = placing{reading.Creative, reading.Locale, ""}
		}
	}
	for _, key := range asked {
		leave(key, "the index does not list the file as unplaced")
	}
	return obvious
}
