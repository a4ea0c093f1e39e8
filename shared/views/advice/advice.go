// Package advice says what people can do about a request that got no file, or waits for one.
//
//	next := advice.For(item, library)
//	next.Text              // "No file of the library answers it. Put one there, and …"
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

// Advice is what can be done. The zero value is nothing.
type Advice struct {
	Text     string    // one or two sentences, without the keys and commands below
	Put      string    // the key at which a new file answers such a request by its name; "" where none is known
	Commands []Command // that do it, the best first
}

// Command is a command of masterhand that can be typed.
type Command struct {
	Name string   // with its flags, without the program's name
	Args []string // neither quoted nor made legible
	Does string   // completes "to …"
}

// For returns the advice for a request of the library.
func For(i ledger.Item, lib masters.Library) Advice {
	slot, err := creative.ParseKey(i.Slot)
	if err != nil {
		return Advice{}
	}
	switch {
	case i.State == ledger.Skipped && i.Decision != nil:
		return skipped(i.Decision.Skip, asked(slot, i.Target), lib)
	case i.Code == fulfillment.CodeArchived:
		return Advice{Text: "The only file is in archive storage. Restore it; the platform must then ask again."}
	case i.State.Ended():
		return Advice{}
	case i.Blocker != "":
		return Advice{
			Text: "A file may be the one that is asked for. Say what it is, or that it is no master; the request then goes on by itself.",
			Commands: []Command{
				{"place", []string{i.Blocker, slot.Creative.String(), string(slot.Locale)}, "place it"},
				{"ignore", []string{i.Blocker}, "exclude it"},
			},
		}
	case i.Code == fulfillment.CodeIndex:
		return Advice{
			Text:     "The index must learn of the newest files first. The request then goes on by itself.",
			Commands: []Command{{"reindex --status", nil, "see how far the index is"}},
		}
	}
	return Advice{}
}

// asked completes the slot of an item, which is kept without its aspect or family.
func asked(slot creative.Slot, target string) creative.Slot {
	if family := creative.Family(target); family.Aspects() != nil {
		slot.Family = family
	} else {
		slot.Aspect = creative.Aspect(target)
	}
	return slot
}

// skipped returns the advice for a request that was skipped. The platform asks again after a
// while, or when somebody makes it.
func skipped(reason string, slot creative.Slot, lib masters.Library) Advice {
	explain := Command{"explain", []string{slot.Creative.String(), string(slot.Locale), string(slot.Kind), slot.Placement()}, "see every file that was considered"}
	unplaced := Command{"unplaced", nil, "see files whose names say too little"}
	if strings.HasPrefix(reason, "no_match") {
		return Advice{
			Text:     "No file of the library answers it. Put one there before the platform asks again.",
			Put:      lib.KeyFor(slot),
			Commands: []Command{unplaced, explain},
		}
	}
	return Advice{
		Text:     "The files that answer it cannot be delivered. Replace them before the platform asks again.",
		Put:      lib.KeyFor(slot),
		Commands: []Command{explain},
	}
}
