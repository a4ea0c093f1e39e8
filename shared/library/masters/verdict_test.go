package masters_test

import (
	"testing"

	"masterhand/shared/library/masters"
)

// If several masters answer the slot but none can be delivered, the verdict describes the master
// that a person can fix soonest. An archived master comes first, then a master of unknown aspect,
// then a master that can never be delivered.
func TestTheVerdictFollowsWhatAPersonCanFixSoonest(t *testing.T) {
	t.Parallel()
	archived := master("archived.mp4", func(m *masters.Master) { m.StorageClass = "GLACIER" })
	unseen := master("unseen.mp4", func(m *masters.Master) { m.Probed, m.Extension = false, "" })
	unknown := master("unknown.mp4", func(m *masters.Master) { m.Aspect = "" })
	corrupt := master("corrupt.mp4", func(m *masters.Master) { m.Problem = masters.Corrupt })
	large := master("large.mp4", func(m *masters.Master) { m.Size = 5<<30 - 5<<20 + 1 })
	other := master("other.mp4", func(m *masters.Master) { m.Aspect = "1x1" })
	foreign := master("foreign.mp4", func(m *masters.Master) { m.Locale = "de" })
	for name, c := range map[string]struct {
		list    []masters.Master
		verdict masters.Verdict
		reason  string
	}{
		"archived, unknown aspect": {[]masters.Master{unknown, archived}, masters.Archived, "archived"},
		"archived, unseen":         {[]masters.Master{unseen, archived}, masters.Archived, "archived"},
		"unseen, unknown aspect":   {[]masters.Master{unknown, unseen}, masters.Unclear, "unseen"},
		"unknown aspect, corrupt":  {[]masters.Master{corrupt, unknown}, masters.Unclear, "unknown_aspect"},
		"archived, corrupt":        {[]masters.Master{corrupt, archived}, masters.Archived, "archived"},
		"too large, corrupt":       {[]masters.Master{corrupt, large}, masters.Unusable, "too_large"},
		"corrupt, another aspect":  {[]masters.Master{other, corrupt}, masters.Unusable, "corrupt"},
		"another aspect, locale":   {[]masters.Master{foreign, other}, masters.Absent, "no_match:aspect"},
	} {
		got := masters.Choose(document(c.list...), wanted, masters.Library{Name: "default"})
		if got.Verdict != c.verdict || got.Reason != c.reason {
			t.Errorf("%s: %v %q, want %v %q", name, got.Verdict, got.Reason, c.verdict, c.reason)
		}
	}
}
