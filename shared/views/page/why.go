package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// why says why a request stands as it does.
func (b *builder) why(i ledger.Item, slot creative.Slot, choice masters.Choice, known bool) string {
	switch {
	case fileKey(i) != "" && known && choice.Verdict == masters.Deliver && choice.Master.Key == fileKey(i):
		return chosen(choice)
	case fileKey(i) != "" && i.State != ledger.Failed:
		return "chosen when it was asked for; the library has changed since"
	case i.State == ledger.Skipped && i.Decision != nil:
		return lacks(i.Decision.Skip, slot, choice)
	case i.Blocker != "":
		return "may be the file: " + words(i.Code)
	}
	return strings.Trim(words(i.Code)+": "+shorten(text(capability.Redact(i.Detail)), 160), ": ")
}

// words turns a code for machines into words.
func words(code string) string { return text(strings.NewReplacer("_", " ", ":", ": ").Replace(code)) }

func shorten(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	return string(letters[:n-1]) + "…"
}

// chosen says why a file was chosen among those that fit.
func chosen(c masters.Choice) string {
	fit := 0
	for _, candidate := range c.Candidates {
		if candidate.Drop == "" {
			fit++
		}
	}
	if fit == 1 {
		return fmt.Sprintf("the only one that fits, of %d", len(c.Candidates))
	}
	second := c.Candidates[1]
	return fmt.Sprintf("best of %d that fit, of %d: %s", fit, len(c.Candidates), better(c.Master, second))
}

// better says by which rule the chosen master goes before another.
func better(m masters.Master, second masters.Candidate) string {
	switch second.Behind {
	case masters.ByLocale:
		return fmt.Sprintf("%s goes before %s", m.Locale, second.Master.Locale)
	case masters.ByAspect:
		return fmt.Sprintf("%s is preferred to %s", m.Aspect, second.Master.Aspect)
	case masters.ByConflict:
		return "its name says what its pixels are"
	case masters.ByCopy:
		return "the others are copies"
	case masters.ByPixels:
		return "it has the most pixels"
	case masters.ByAge:
		return "it is the newest"
	}
	return "the first by name"
}

// lacks says of a skip what was missing.
func lacks(reason string, slot creative.Slot, c masters.Choice) string {
	var has []string
	for _, candidate := range c.Candidates {
		m := candidate.Master
		if name := strings.TrimSpace(string(m.Locale) + " " + string(m.Aspect)); m.Kind == slot.Kind && name != "" && !slices.Contains(has, name) {
			has = append(has, name)
		}
	}
	_, what, _ := strings.Cut(reason, "no_match:")
	switch {
	case what == "":
		return words(reason)
	case len(has) == 0:
		return fmt.Sprintf("no %s of it", slot.Kind)
	}
	slices.Sort(has)
	more := ""
	if len(has) > 5 {
		has, more = has[:5], " …"
	}
	return fmt.Sprintf("no %s %s; there is %s%s", slot.Locale, strings.ReplaceAll(slot.Placement(), "_", " "), strings.Join(has, ", "), more)
}

// said is what the platform reported of a request, in a few words.
func said(i ledger.Item) string {
	switch i.ResultClass {
	case ledger.ClassFulfilled:
		return "kept by the platform"
	case ledger.ClassTimedOut:
		return "timed out at the platform"
	case ledger.ClassRejected:
		var result struct {
			Reason  any `json:"reason"`
			Reasons any `json:"reasons"`
		}
		_ = json.Unmarshal(i.Result, &result) // a result that says nothing has no reason
		if reason, is := result.Reason.(string); is {
			return "rejected: " + shorten(words(reason), 120)
		}
		return "rejected by the platform"
	}
	return ""
}
