package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
)

// why returns a text that explains the state of a request.
func (b *builder) why(i ledger.Item, slot creative.Slot, choice masters.Choice, known bool) string {
	switch {
	case advice.Replaced(i):
		return advice.ReplacedWords
	case fileKey(i) != "" && known && choice.Verdict == masters.Deliver && choice.Master.Key == fileKey(i):
		return chosen(choice)
	case fileKey(i) != "" && i.State != ledger.Failed:
		return "chosen when the request came; the library has changed since"
	case i.State == ledger.Skipped && i.Decision != nil:
		return lacks(i.Decision.Skip, slot, choice)
	case i.Code == string(masters.UnclearLocale) && !slot.Locale.IsTag():
		return "the requested locale is no language tag"
	case i.Blocker != "" && i.Code != fulfillment.CodeIndex:
		return "this file may be the master: " + words(i.Code)
	}
	return strings.Trim(words(i.Code)+": "+shorten(text(capability.Redact(i.Detail)), 160), ": ")
}

// words converts a machine-readable code such as "no_match:aspect" to words.
func words(code string) string { return text(strings.NewReplacer("_", " ", ":", ": ").Replace(code)) }

func shorten(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	return string(letters[:n-1]) + "…"
}

// chosen returns a text that explains why the chosen file was preferred to the other matching files.
func chosen(c masters.Choice) string {
	fit := 0
	for _, candidate := range c.Candidates {
		if candidate.Drop == "" {
			fit++
		}
	}
	if fit == 1 {
		return fmt.Sprintf("the only file that fits, of %d considered", len(c.Candidates))
	}
	second := c.Candidates[1]
	return fmt.Sprintf("the best of %d files that fit, of %d considered: %s", fit, len(c.Candidates), better(c.Master, second))
}

// better returns a text that names the rule by which the chosen master m is preferred to the second one.
func better(m masters.Master, second masters.Candidate) string {
	switch second.Behind {
	case masters.ByLocale:
		return fmt.Sprintf("locale %s is preferred to %s", m.Locale, second.Master.Locale)
	case masters.ByAspect:
		return fmt.Sprintf("aspect %s is preferred to %s", m.Aspect, second.Master.Aspect)
	case masters.ByConflict:
		return "its name states the aspect that its pixels have"
	case masters.ByCopy:
		return "it is an original, not a copy"
	case masters.ByPixels:
		return "it has more pixels"
	case masters.ByAge:
		return "it is newer"
	}
	return "its key comes first in the alphabet"
}

// lacks returns a text that explains a skip. The text names the missing master, and the masters
// that the creative has.
func lacks(reason string, slot creative.Slot, c masters.Choice) string {
	var has []string
	for _, candidate := range c.Candidates {
		m := candidate.Master
		if name := strings.TrimSpace(string(m.Locale) + " " + string(m.Aspect)); m.Kind == slot.Kind && name != "" && !slices.Contains(has, name) {
			has = append(has, name)
		}
	}
	_, what, _ := strings.Cut(reason, "no_match:")
	name := fmt.Sprintf("%s %s", slot.Locale, strings.ReplaceAll(slot.Placement(), "_", " "))
	switch {
	case what == "":
		return words(reason)
	case c.Verdict == masters.Deliver:
		return fmt.Sprintf("the library had no %s then; now it has %s", name, text(c.Master.Key))
	case c.Verdict == masters.Unusable, c.Verdict == masters.Archived:
		return fmt.Sprintf("the library had no %s then; now it has one that cannot be delivered: %s", name, words(c.Reason))
	case c.Verdict == masters.Unclear:
		return fmt.Sprintf("the library had no %s then; now a file may be it: %s", name, words(c.Reason))
	case len(has) == 0:
		return fmt.Sprintf("the library has no %s of this creative", slot.Kind)
	}
	slices.Sort(has)
	more := ""
	if len(has) > 5 {
		has, more = has[:5], " …"
	}
	return fmt.Sprintf("the library has no %s; it has %s%s", name, strings.Join(has, ", "), more)
}

// said returns in a few words the result that the platform reported for a request.
func said(i ledger.Item) string {
	switch i.ResultClass {
	case ledger.ClassFulfilled:
		if i.State == ledger.Superseded || i.State == ledger.FulfilledElsewhere {
			return "the platform has another file"
		}
		return "accepted by the platform"
	case ledger.ClassTimedOut:
		return "timed out at the platform"
	case ledger.ClassRejected:
		var result struct {
			Reason  any `json:"reason"`
			Reasons any `json:"reasons"`
		}
		_ = json.Unmarshal(i.Result, &result) // the error is ignored: a result that is not JSON contains no reason
		if reason, is := result.Reason.(string); is {
			return "rejected: " + shorten(words(reason), 120)
		}
		return "rejected by the platform"
	}
	return ""
}
