package fault

import "sync"

// Rule says which requests fail and what happens to them.
type Rule struct {
	Key  string // the rule applies to requests with this key, see [Handler]; "" matches all requests
	Skip int    // number of matching requests that pass before the first failure
	// Every says which of the matching requests after Skip fail: with 3, the first of each three
	// requests. 0 and 1 mean that each request fails.
	Every int
	Times int // maximum number of failures of this rule; 0 means no limit
	Fault Fault
}

// Schedule decides for each request, in the order of arrival, which fault it gets. The zero value
// has no faults. A Schedule is safe for concurrent use.
type Schedule struct {
	mu    sync.Mutex
	rules []*running
}

// running is a rule with its counters.
type running struct {
	Rule
	seen, hits int
}

// Add appends a rule. If several rules match a request, the first one that applies a fault wins.
func (s *Schedule) Add(rule Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &running{Rule: rule})
}

// Next applies a fault to the next n requests that have the given key. If key is "", it applies the
// fault to the next n requests with any key.
func (s *Schedule) Next(n int, key string, fault Fault) {
	s.Add(Rule{Key: key, Times: max(n, 1), Fault: fault})
}

// Clear removes all rules.
func (s *Schedule) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Hits returns the number of faults that the current rules have caused.
func (s *Schedule) Hits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := 0
	for _, rule := range s.rules {
		hits += rule.hits
	}
	return hits
}

// Take returns the fault for a request that has just arrived and has the given key. It counts the
// request.
func (s *Schedule) Take(key string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range s.rules {
		if rule.hit(key) {
			return rule.Fault
		}
	}
	return Fault{}
}

// hit reports whether the rule applies its fault to a request with the given key. It also updates
// the rule's counters.
func (r *running) hit(key string) bool {
	if r.Key != "" && r.Key != key || r.Times > 0 && r.hits >= r.Times {
		return false
	}
	r.seen++
	past := r.seen - 1 - r.Skip
	if past < 0 || past%max(r.Every, 1) != 0 {
		return false
	}
	r.hits++
	return true
}
