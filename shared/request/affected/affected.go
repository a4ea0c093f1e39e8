// Package affected holds the names of what waits for a request: the ads that show the
// creative, their ad sets and campaigns.
//
// Invariants:
//
//   - Names are for people to look at, never for a decision, and never for logs: formatted or
//     logged, [Names] shows its counts alone.
//   - Whatever a body says of ads, it is no reason to refuse the request: what cannot be read
//     is left out.
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

// The limits of a list.
const (
	MaxNames = 20
	MaxName  = 120 // characters
)

// Names are the ads, ad sets and campaigns of a request, or of several.
type Names struct {
	Ads       List `json:"ads,omitzero"`
	AdSets    List `json:"adsets,omitzero"`
	Campaigns List `json:"campaigns,omitzero"`
}

// List is how many there are of a kind, and what the first of them are called.
type List struct {
	Count int      `json:"count"`
	Names []string `json:"names,omitempty"` // distinct, at most MaxNames, each of at most MaxName characters
}

// IsZero reports whether nothing is named; encoding/json asks it.
func (l List) IsZero() bool { return l.Count == 0 }

// IsZero reports whether nothing is named.
func (n Names) IsZero() bool { return n.Ads.IsZero() && n.AdSets.IsZero() && n.Campaigns.IsZero() }

// Parse reads the names of a request's body.
func Parse(body []byte) Names {
	var b struct {
		Facebook json.RawMessage `json:"facebook"`
	}
	var f struct {
		Ads       json.RawMessage `json:"ads"`
		AdSets    json.RawMessage `json:"adsets"`
		Campaigns json.RawMessage `json:"campaigns"`
	}
	_ = json.Unmarshal(body, &b) // what cannot be read names nothing
	_ = json.Unmarshal(b.Facebook, &f)
	return Names{parseList(f.Ads), parseList(f.AdSets), parseList(f.Campaigns)}
}

// parseList reads a list of {"id","name"}. One id counts once.
func parseList(raw json.RawMessage) (l List) {
	var entries []json.RawMessage
	_ = json.Unmarshal(raw, &entries) // what cannot be read has no entries
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

// shortened returns a name as it is kept: without what could be a credential, and cut.
func shortened(name string) string {
	letters := []rune(strings.TrimSpace(capability.Redact(name)))
	return string(letters[:min(len(letters), MaxName)])
}

// With returns the names of both, as of two requests that may be about the same ads: what has
// one name counts once.
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

// Words says who is affected: "3 ads of HRT Prospecting - Sep"; "" where nothing is named. The
// names are as others wrote them: whoever shows the words must make them fit.
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

// first names the first of a list, and says how many more there are.
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

// String returns the counts alone.
func (n Names) String() string {
	return fmt.Sprintf("%s, %s, %s", counted(n.Ads.Count, "ad"), counted(n.AdSets.Count, "ad set"), counted(n.Campaigns.Count, "campaign"))
}

// GoString returns the counts alone.
func (n Names) GoString() string { return n.String() }

// LogValue returns the counts alone.
func (n Names) LogValue() slog.Value { return slog.StringValue(n.String()) }
