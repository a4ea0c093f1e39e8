// Package affected has the names of the ads that wait for a request, and of their ad sets and
// campaigns.
//
// Invariants:
//
//   - Names are for people to read. They never decide anything and are never logged: if
//     [Names] is formatted or logged, it shows only counts.
//   - A request is never refused because of what its body says about ads. Parts that cannot be read
//     are ignored.
//
// For example:
//
//	affected.Parse(body).Words() // 3 ads of HRT Prospecting - Sep
package affected

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"masterhand/shared/kit/capability"
)

// The limits of a list of ads' names.
const (
	MaxNames = 20
	MaxName  = 120 // the length in characters of the longest stored name
)

// Names lists the ads, ad sets and campaigns that wait for one request, or for several requests.
type Names struct {
	Ads       List `json:"ads,omitzero"`
	AdSets    List `json:"adsets,omitzero"`
	Campaigns List `json:"campaigns,omitzero"`
}

// List contains the number of things of one kind (ads, ad sets or campaigns) and the names of the
// first ones.
type List struct {
	Count int      `json:"count"`
	Names []string `json:"names,omitempty"` // distinct names: at most MaxNames, each with at most MaxName characters
}

// IsZero reports whether the list is empty. The package encoding/json calls it.
func (l List) IsZero() bool { return l.Count == 0 }

// IsZero reports whether all three lists are empty.
func (n Names) IsZero() bool { return n.Ads.IsZero() && n.AdSets.IsZero() && n.Campaigns.IsZero() }

// Parse reads the names in a request's body.
func Parse(body []byte) Names {
	var b struct {
		Facebook json.RawMessage `json:"facebook"`
	}
	var f struct {
		Ads       json.RawMessage `json:"ads"`
		AdSets    json.RawMessage `json:"adsets"`
		Campaigns json.RawMessage `json:"campaigns"`
	}
	_ = json.Unmarshal(body, &b) // the error is ignored: an unreadable body has no names
	_ = json.Unmarshal(b.Facebook, &f)
	return Names{parseList(f.Ads), parseList(f.AdSets), parseList(f.Campaigns)}
}

// parseList reads a list of {"id","name"} objects. Objects with the same id count once.
func parseList(raw json.RawMessage) (l List) {
	var entries []json.RawMessage
	_ = json.Unmarshal(raw, &entries) // the error is ignored: an unreadable list has no entries
	ids := map[string]bool{}
	for _, entry := range entries {
		var e struct {
			ID   json.RawMessage `json:"id"`
			Name json.RawMessage `json:"name"`
		}
		if json.Unmarshal(entry, &e) != nil || len(e.ID) > 0 && ids[string(e.ID)] {
			continue
		}
		ids[string(e.ID)] = true
		l.Count++
		var name string
		if json.Unmarshal(e.Name, &name) == nil {
			l.add(shortened(name))
		}
	}
	return l
}

func (l *List) add(name string) {
	if name != "" && len(l.Names) < MaxNames && !slices.Contains(l.Names, name) {
		l.Names = append(l.Names, name)
	}
}

// shortened returns a name in the form in which it is stored: parts that may be credentials are
// removed, and the name is cut to MaxName characters.
func shortened(name string) string {
	letters := []rune(strings.TrimSpace(capability.Redact(name)))
	return string(letters[:min(len(letters), MaxName)])
}

// With returns the union of two requests' names. The requests may be about the same ads, so entries
// with the same name count once.
func (n Names) With(m Names) Names {
	return Names{n.Ads.with(m.Ads), n.AdSets.with(m.AdSets), n.Campaigns.with(m.Campaigns)}
}

func (l List) with(m List) List {
	all := List{Names: slices.Clone(l.Names)}
	distinct := len(l.Names)
	for _, name := range m.Names {
		if !slices.Contains(l.Names, name) {
			distinct++
			all.add(name)
		}
	}
	all.Count = distinct + max(l.Count-len(l.Names), m.Count-len(m.Names))
	return all
}

// Words returns a text that says what is affected, such as "3 ads of HRT Prospecting - Sep", or ""
// if there are no names. The names are foreign text, so a caller that shows them must escape them.
func (n Names) Words() string {
	of, what := n.Campaigns, "campaign"
	if of.IsZero() {
		of, what = n.AdSets, "ad set"
	}
	switch {
	case n.Ads.IsZero() && of.IsZero():
		return ""
	case of.IsZero():
		return counted(n.Ads.Count, "ad")
	case n.Ads.IsZero():
		if len(of.Names) == 0 {
			return of.first(what)
		}
		return what + " " + of.first(what)
	}
	return counted(n.Ads.Count, "ad") + " of " + of.first(what)
}

// first returns a text with the first name of the list and the number of the other names. The
// argument what is the word for one entry, such as "campaign".
func (l List) first(what string) string {
	if len(l.Names) == 0 {
		return counted(l.Count, what)
	}
	if l.Count > 1 {
		return fmt.Sprintf("%s and %s", l.Names[0], counted(l.Count-1, "more "+what))
	}
	return l.Names[0]
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// String returns how many ads, ad sets and campaigns n contains, but no name.
func (n Names) String() string {
	return fmt.Sprintf("%s, %s, %s", counted(n.Ads.Count, "ad"), counted(n.AdSets.Count, "ad set"), counted(n.Campaigns.Count, "campaign"))
}

// GoString returns the same text as String, so that the verb %#v shows no name.
func (n Names) GoString() string { return n.String() }

// LogValue returns the same text as String, so that a log shows no name.
func (n Names) LogValue() slog.Value { return slog.StringValue(n.String()) }
