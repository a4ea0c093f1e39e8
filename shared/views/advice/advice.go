// Package advice tells people what to do about a request that got no file, or that waits for one.
//
//	next := advice.For(item, library)
//	next.Text              // "The library has no file for this request. Upload one before …"
//	next.Put               // "HRT-1212/v2/en/9x16.mp4"
//	next.Commands[0]       // {Name: "place", Args: {"films/odd name.mp4", "HRT-1212-2", "en"}}
package advice

import (
	"cmp"
	"fmt"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// Advice tells people what to do about a request. The zero value means that there is nothing to do.
type Advice struct {
	Text     string    // one or two sentences of advice; they do not repeat the contents of Put and Commands
	Put      string    // the key to upload the missing file to; "" means that no key is known
	Commands []Command // commands that help, the best one first
}

// Command is a masterhand command that a person can type.
type Command struct {
	Name string   // the command's name and flags, without "masterhand"
	Args []string // raw arguments: not quoted for a shell, not cleaned for display
	Does string   // the command's effect, as words that can follow "to", for example "see every file"
}

// For returns the advice for the request i. lib must be the library from which the request asked for a
// file.
func For(i ledger.Item, lib masters.Library) Advice {
	slot, err := creative.ParseKey(i.Slot)
	if err != nil {
		return Advice{}
	}
	switch {
	case i.State == ledger.Skipped && i.Decision != nil:
		return skipped(i.Decision.Skip, asked(slot, i.Target), lib)
	case i.Code == fulfillment.CodeArchived:
		return Advice{Text: "The only matching file is in archive storage. Restore it; the platform must then ask again."}
	case Replaced(i):
		return Advice{Text: "There is nothing to do here. If the platform should use the delivered file, find out there who supplied the other file."}
	case i.State.Ended():
		return Advice{}
	// the file i.Blocker then only waits for the index: its own name may place it at another locale
	case i.Code == fulfillment.CodeIndex:
		return Advice{
			Text:     "The newest files are not indexed yet. The request continues by itself once they are.",
			Commands: []Command{{"reindex --status", nil, "see the state of the index"}},
		}
	case i.Code == string(masters.UnclearLocale) && !slot.Locale.IsTag():
		return Advice{Text: NoTag(slot.Locale)}
	case i.Blocker != "":
		return blocked(i, slot, lib)
	}
	return Advice{}
}

// Undo returns the advice for the case that a file exists at the key a.Put and a tag excludes it from
// the masters. An upload to this key would replace that file.
func (a Advice) Undo() Advice {
	undo := Command{"ignore --undo", []string{a.Put}, "use this file again"}
	return Advice{
		Text:     "The library has a file of the right name, but a tag excludes it from the masters. If it is the requested master, use it again before the platform asks again.",
		Commands: append([]Command{undo}, a.Commands...),
	}
}

// blocked returns the advice for a request that the file i.Blocker blocks.
func blocked(i ledger.Item, slot creative.Slot, lib masters.Library) Advice {
	text, args := "One file may be the requested master.", Place(lib, i.Blocker, slot)
	switch own := stated(lib, i.Blocker); {
	case i.Code == string(masters.UnknownAspect):
		args = PlaceAspect(i.Blocker, slot, cmp.Or(lib.Preference(asked(slot, i.Target))...))
	case own != "" && own != slot.Locale:
		text = fmt.Sprintf("One file may be a master of the creative, but its name states the locale %s.", own)
	}
	return Advice{
		Text: text + " Place it or exclude it with one of these commands; the request then continues by itself.",
		Commands: []Command{
			{"place", args, "place it"},
			{"ignore", []string{i.Blocker}, "exclude it"},
		},
	}
}

// Place returns the arguments of the command "masterhand place" that places the file at key at the
// slot's creative. If the key states one locale, the arguments state this locale and not the slot's:
// the file must not be delivered for another one. They never state a locale that is no language tag,
// because the command refuses it.
func Place(lib masters.Library, key string, slot creative.Slot) []string {
	args := []string{key, slot.Creative.String()}
	if locale := cmp.Or(stated(lib, key), slot.Locale); locale.IsTag() {
		args = append(args, string(locale))
	}
	return args
}

// PlaceAspect returns the arguments of the command "masterhand place" that states the aspect of the
// file at key. The file keeps its locale, which may be wider than the slot's.
func PlaceAspect(key string, slot creative.Slot, aspect creative.Aspect) []string {
	args := []string{key, slot.Creative.String()}
	if aspect != "" {
		args = append(args, string(aspect))
	}
	return args
}

// stated returns the locale that a person reads in a key, or "" if the key states none or several.
func stated(lib masters.Library, key string) creative.Locale {
	at := lib.Place(key, placement.UnknownSize)
	if at.Unplaced != "" {
		at, _ = lib.Obvious(key, placement.UnknownSize)
	}
	if at.LocaleUnclear != "" {
		return ""
	}
	return at.Locale
}

// NoTag returns the advice for requests whose locale is no language tag.
func NoTag(l creative.Locale) string {
	return fmt.Sprintf("The requested locale %s is no language tag such as en or pt-BR: tell the platform. No file has to change.", l)
}

// ReplacedWords is the text that describes the end of a request for which [Replaced] returns true.
const ReplacedWords = "delivered, but the platform later reported that it has another file"

// Replaced reports whether the request i was delivered and the platform later reported that it has
// another file. A request is also superseded if another callback completed its waitpoint before the
// delivery; then Replaced returns false.
func Replaced(i ledger.Item) bool {
	return i.State == ledger.Superseded && i.Code != fulfillment.CodeCompletedBefore
}

// asked returns the slot with the request's target, which is an aspect or a family. The target is
// passed separately, because the ledger stores it apart from the slot.
func asked(slot creative.Slot, target string) creative.Slot {
	if family := creative.Family(target); family.Aspects() != nil {
		slot.Family = family
	} else {
		slot.Aspect = creative.Aspect(target)
	}
	return slot
}

// skipped returns the advice for a request that was skipped for the given reason. The platform sends a
// new request later by itself, or when somebody triggers one on the platform.
func skipped(reason string, slot creative.Slot, lib masters.Library) Advice {
	explain := Command{"explain", []string{slot.Creative.String(), string(slot.Locale), string(slot.Kind), slot.Placement()}, "see every file that was considered"}
	unplaced := Command{"unplaced", nil, "see the files whose names could not be placed"}
	switch {
	case strings.HasPrefix(reason, "no_match") && !slot.Locale.IsTag():
		return Advice{Text: NoTag(slot.Locale), Commands: []Command{explain}}
	case strings.HasPrefix(reason, "no_match"):
		return Advice{
			Text:     "The library has no file for this request. Upload one before the platform asks again.",
			Put:      lib.KeyFor(slot),
			Commands: []Command{unplaced, explain},
		}
	}
	return Advice{
		Text:     "The files for this request cannot be delivered. Replace them before the platform asks again.",
		Put:      lib.KeyFor(slot),
		Commands: []Command{explain},
	}
}
