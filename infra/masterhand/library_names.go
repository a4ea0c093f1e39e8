package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// namesOptions holds the flags of "names".
type namesOptions struct {
	settings placement.Settings
	wanted   string
}

func namesCommand(s *session) *cobra.Command {
	o := namesOptions{settings: placement.Settings{Locales: map[string]string{}}}
	c := &cobra.Command{
		Use: "names", Short: "Show where each key of a list is placed, without AWS", Args: takesNone,
		Long: `Reads keys from standard input, one on each line, and shows where the name of
each places it: creative, locale and aspect, or the reason why it is not placed.
The command needs no AWS and changes nothing. It does not know the tags, sizes
and pixels of the files, which count more than their names. The keys of a
folder's files are the output of "cd FOLDER && find . -type f".

Then it counts the keys, and suggests shapes of codes and words for markets that
the library could declare. To try them, give --codes and --locales; to keep
them, put them into the library's settings. It also lists the patterns that
neither place nor refuse a key.

A line ends at a line feed, with or without a carriage return before it. Empty
lines are ignored. A line over 64 KiB is cut. The table has at most 1,000,000
keys; --json has no limit.

The exit code is 1 if a key that may be a master is not placed.`,
		Example: examples("names < keys", "names --codes 'HRT-####,CR###' --locales UK=en-GB,CH=de-CH < keys",
			"names --pattern '{*!}_{code!}_v{variation}' --json < keys", "names --want HRT-1212-2 < keys"),
		RunE: func(c *cobra.Command, _ []string) error {
			rules, err := placement.ParseRules(o.settings)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			var wanted *creative.Creative
			if c.Flags().Changed("want") {
				w, err := parseCreative(o.wanted)
				if err != nil {
					return fmt.Errorf("%w: --want: %w", errUsage, err)
				}
				wanted = &w
			}
			s.warnLocales(rules.Locales)
			return s.names(rules, wanted)
		},
	}
	flags := c.Flags()
	flags.Var(checked{"", o.addCodes}, "codes", "`shapes` of codes, such as 'HRT-####,[A-Z]{2,5}-###,SUMMER'; may be given several times")
	flags.Var(checked{"", o.addLocales}, "locales", "`words` and their locales, such as UK=en-GB,CH=de-CH, or as JSON '{\"UK\":\"en-GB\"}'; may be given several times")
	flags.BoolVar(&o.settings.OnlyDeclaredLocales, "only-declared-locales", false, "read only the locales that --locales declares")
	flags.Var(checked{"", o.addPattern}, "pattern", "`pattern` of keys, such as '{code}/{locale}/{aspect}_v{variation}'; may be given several times, and the first that matches decides")
	flags.StringVar(&o.settings.Prefix, "prefix", "", "start of the library's keys, a `text` such as films/")
	flags.StringVar(&o.wanted, "want", "", "also show the keys that block a skip of this `creative`, such as HRT-1212-2")
	s.withJSON(c, "a line of JSON for each key")
	return c
}

// warnLocales warns if a declared locale is the name of a language, such as "english". It does not
// return an error, because deployed libraries may already declare such locales.
func (s *session) warnLocales(locales placement.Locales) {
	for _, word := range slices.Sorted(maps.Keys(locales)) {
		if l := locales[word]; !l.IsTag() {
			s.warn("--locales: %s stands for %s, which is not a language tag: expected a tag such as en or pt-BR", printable(word), l)
		}
	}
}

func (o *namesOptions) addCodes(list string) error {
	shapes := placement.SplitCodes(list)
	if len(shapes) == 0 {
		return errors.New("must be shapes of codes such as HRT-####,SUMMER (got none)")
	}
	o.settings.Codes = append(o.settings.Codes, shapes...)
	return nil
}

func (o *namesOptions) addPattern(text string) error {
	o.settings.Patterns = append(o.settings.Patterns, text)
	return nil
}

func (o *namesOptions) addLocales(list string) error {
	words, err := localeWords(list)
	if err != nil {
		return err
	}
	for _, w := range words {
		if _, twice := o.settings.Locales[w[0]]; twice {
			return fmt.Errorf("must have each word once (got %q twice)", w[0])
		}
		o.settings.Locales[w[0]] = w[1]
	}
	return nil
}

// localeWords parses a list such as UK=en-GB,CH=de-CH, or the same list as a JSON object. It
// returns pairs of a word and its locale.
func localeWords(list string) (words [][2]string, err error) {
	if strings.HasPrefix(strings.TrimSpace(list), "{") {
		var object map[string]string
		if err := json.Unmarshal([]byte(list), &object); err != nil {
			return nil, fmt.Errorf(`must be a JSON object such as {"UK":"en-GB"} (%w)`, err)
		}
		for word, meaning := range object {
			words = append(words, [2]string{word, meaning})
		}
		return words, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		word, meaning, is := strings.Cut(part, "=")
		if !is {
			return nil, fmt.Errorf("must be WORD=LOCALE such as UK=en-GB (got %q)", part)
		}
		words = append(words, [2]string{strings.TrimSpace(word), strings.TrimSpace(meaning)})
	}
	return words, nil
}

// maxTableKeys is the largest number of keys in the table that the command prints. It limits the
// memory that the command needs.
const maxTableKeys = 1_000_000

var (
	errTooManyKeys = fmt.Errorf("there are over %s keys, too many for the table: use --json, or give only a part of the list", grouped(maxTableKeys))
	errUnplaced    = errors.New("some keys that may be masters are not placed")
)

// names reads keys from standard input and shows the placement of each. If a key has no placement
// although its file may be a master, names returns errUnplaced. If the parameter wanted is not nil,
// names also shows which keys block a skip of that creative.
func (s *session) names(rules placement.Rules, wanted *creative.Creative) error {
	if wanted != nil && !rules.Declares(wanted.Code) {
		s.warn("--want: no declared shape matches the code %s, so every request for it waits", printable(wanted.Code))
	}
	var all []naming
	var tally tally
	for key, err := range s.keys() {
		if err != nil {
			return err
		}
		n := nameOf(rules, key, placement.UnknownSize)
		if wanted != nil {
			n.Blocks = new(rules.Blocks(key, placement.UnknownSize, *wanted))
		}
		tally.add(n, wanted)
		if s.asJSON {
			if err := s.JSON(n); err != nil {
				return err
			}
		} else if all = append(all, n); len(all) > maxTableKeys {
			return errTooManyKeys
		}
	}
	if !s.asJSON {
		if err := s.showNames(rules, all, tally, wanted); err != nil {
			return err
		}
	}
	if tally.unplaced > 0 {
		return fmt.Errorf("%w (%d of %d unplaced)", errUnplaced, tally.unplaced, tally.keys)
	}
	return nil
}

// showNames prints the table of keys, the totals, suggested settings that would place more keys,
// and the unused patterns.
func (s *session) showNames(rules placement.Rules, all []naming, tally tally, wanted *creative.Creative) error {
	if len(all) == 0 {
		s.warn("standard input has no keys")
		return nil
	}
	if err := s.Print(namesTable(all, wanted)); err != nil {
		return err
	}
	s.printf("\n%s\n", tally.summary(wanted))
	if err := s.advise(rules, all); err != nil {
		return err
	}
	if unused := unusedPatterns(rules, all); len(unused) > 0 {
		s.printf("\nPatterns that neither place nor refuse a key:\n  %s\n", strings.Join(unused, "\n  "))
	}
	return nil
}
