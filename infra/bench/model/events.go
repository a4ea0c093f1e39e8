package model

// event is something that happens at one time of the simulated day.
type event struct {
	at float64
	// for the end of a run that did not end its request: seconds until the request's message is
	// visible again
	again   float64
	request int32 // index of the request in the day; int32, so that an event takes little memory
	what    what
	ends    bool // if the event is the end of a run: whether this run has ended its request
}

type what uint8

const (
	webhook  what = iota // the webhook with a request arrives at the function URL
	result               // the webhook with a request's result arrives at the function URL
	answered             // a run of the function fulfill for a request ends
	recorded             // a run of the function fulfill for a result ends
	visible              // a message of the finish queue becomes visible
	worked               // a run of the function finish ends
)

func (e event) before(f event) bool { return e.at < f.at || e.at == f.at && e.request < f.request }

// events holds the future events, and returns them in the order of their times. Most events are more
// than a second away. They cost least if they are sorted only when their second begins.
type events struct {
	soon   heap      // the events before the end of the current second
	second int       // the current second
	later  [][]event // the events of each later second, in no order
	waits  int       // number of events in later
	spare  [][]event // memory of seconds that are over, for reuse
}

func (e *events) push(one event) {
	second := int(one.at)
	if second <= e.second {
		e.soon.push(one)
		return
	}
	for second >= len(e.later) {
		e.later = append(e.later, nil)
	}
	if n := len(e.spare); e.later[second] == nil && n > 0 {
		e.later[second], e.spare = e.spare[n-1], e.spare[:n-1]
	}
	e.later[second] = append(e.later[second], one)
	e.waits++
}

// any reports whether there are events. It begins the next second with events if the current one has
// none.
func (e *events) any() bool {
	for len(e.soon) == 0 && e.waits > 0 {
		e.second++
		begun := e.later[e.second]
		for _, one := range begun {
			e.soon.push(one)
		}
		e.waits -= len(begun)
		if begun != nil {
			e.spare, e.later[e.second] = append(e.spare, begun[:0]), nil
		}
	}
	return len(e.soon) > 0
}

// comeBefore reports whether at least one event happens before the time at.
func (e *events) comeBefore(at float64) bool { return e.any() && e.soon[0].at < at }

// pop removes the earliest event. It must be called only if the method any returns true.
func (e *events) pop() event { return e.soon.pop() }

// heap is a heap of events, with the earliest event at its root. An event has four children, which
// takes less time than two. It does not use the package container/heap, which would allocate memory
// for each of the millions of events of a day.
type heap []event

const children = 4

func (h *heap) push(e event) {
	list := append(*h, e)
	i := len(list) - 1
	for i > 0 && e.before(list[(i-1)/children]) {
		list[i] = list[(i-1)/children]
		i = (i - 1) / children
	}
	list[i] = e
	*h = list
}

func (h *heap) pop() event {
	list := *h
	root, last := list[0], list[len(list)-1]
	list = list[:len(list)-1]
	*h = list
	for i := 0; len(list) > 0; {
		first := children*i + 1
		child := first
		for other := first + 1; other < min(first+children, len(list)); other++ {
			if list[other].before(list[child]) {
				child = other
			}
		}
		if child >= len(list) || !list[child].before(last) {
			list[i] = last
			break
		}
		list[i] = list[child]
		i = child
	}
	return root
}
