package model

// takes holds the calls that each kind of run of a function makes, for a library of one size. They
// are computed once, because many requests need them.
type takes struct {
	keys                        int
	handedOff, retried, expired Calls
	resulted                    Calls
	// calls of the run that proves absence and skips the request without waiting for the index
	proved            Calls
	deliveries, lates map[int64]Calls
}

func newTakes(keys int) takes {
	t := takes{
		keys: keys, handedOff: handedOff(keys), retried: retried(), expired: sum(resumed(), Calls{Secrets: 1}, put()), resulted: resulted(), proved: skipped(keys, 0),
		deliveries: map[int64]Calls{}, lates: map[int64]Calls{},
	}
	for _, s := range sizes {
		t.deliveries[s.bytes] = delivered(s.bytes, false)
		t.lates[s.bytes] = deliveredLate(s.bytes)
	}
	return t
}

func (t takes) delivery(size int64) Calls { return t.deliveries[size] }
func (t takes) late(size int64) Calls     { return t.lates[size] }

func (t takes) skipped(wait float64) Calls {
	if wait == 0 {
		return t.proved
	}
	return skipped(t.keys, wait)
}
