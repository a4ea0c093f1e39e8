package fault

import "sync"

// Rule says which requests a fault hits.
type Rule struct {
	Key   string // what the request is about, as the server's key function names it; "" is anything
	Skip  int    // let this many matching requests through first
	Every int    // then hit the first of every this many; 0 and 1 are each
	Times int    // stop after this many hits; 0 is never
	Fault Fault
}

// Schedule decides what goes wrong with each request, in the order in which they
// come. The zero value lets all through. It may be used from many goroutines.
type Schedule struct {
	mu    sync.Mutex
	rules []*running
}

// running is a rule and how far it has come.
type running struct {
	Rule
	seen, hits int
}

// Add appends a rule. Where several match a request, the first that hits it wins.
func (s *Schedule) Add(rule Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &running{Rule: rule})
}

// Next lets the fault hit the next n requests for key, "" for any.
func (s *Schedule) Next(n int, key string, fault Fault) {
	s.Add(Rule{Key: key, Times: max(n, 1), Fault: fault})
}

// Clear forgets all rules.
func (s *Schedule) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Hits returns how many faults the rules now in force have caused.
func (s *Schedule) Hits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := 0
	for _, rule := range s.rules {
		hits += rule.hits
	}
	return hits
}

// Take returns the fault of the request that came just now.
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

// hit counts a request and reports whether the rule hits it.
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
