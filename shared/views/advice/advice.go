// Package advice tells people what to do about a request that got no file, or that waits for one.
//
//	next := advice.For(item, library)
//	next.Text              // "The library has no file for this request. Upload one before …"
//	next.Put               // "HRT-1212/v2/en/9x16.mp4"
//	next.Commands[0]       // {Name: "place", Args: {"films/odd name.mp4", "HRT-1212-2", "en"}}
package advice

import (
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
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
	case i.Blocker != "":
		return Advice{
			Text: "One file may be the requested master. Place it or exclude it with one of these commands; the request then continues by itself.",
			Commands: []Command{
				{"place", placed(i, slot, lib), "place it"},
				{"ignore", []string{i.Blocker}, "exclude it"},
			},
		}
	}
	return Advice{}
}

// placed returns the arguments of the command "masterhand place" for the file i.Blocker, which
// blocks the request i. The command makes this file a master for the request. If the file's aspect
// is not known, the arguments include the aspect that the request prefers.
func placed(i ledger.Item, slot creative.Slot, lib masters.Library) []string {
	args := []string{i.Blocker, slot.Creative.String(), string(slot.Locale)}
	accepted := lib.Preference(asked(slot, i.Target))
	if i.Code == string(masters.UnknownAspect) && len(accepted) > 0 {
		args = append(args, string(accepted[0]))
	}
	return args
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
	if strings.HasPrefix(reason, "no_match") {
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
