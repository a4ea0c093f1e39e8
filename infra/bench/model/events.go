package model

// event is something that happens at one time of the simulated day.
type event struct {
	at      float64
	what    what
	request int
	ends    bool // if the event is the end of a run: whether this run has ended its request
	// for the end of a run that did not end its request: seconds until the request's message is
	// visible again
	again float64
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

// events is a heap of the future events, with the earliest event at its root. It does not use the
// package container/heap, which would allocate memory for each of the millions of events of a day.
type events []event

func (h events) any() bool { return len(h) > 0 }

// comeBefore reports whether at least one event happens before the time at.
func (h events) comeBefore(at float64) bool { return h.any() && h[0].at < at }

func (h *events) push(e event) {
	list := append(*h, e)
	i := len(list) - 1
	for i > 0 && e.before(list[(i-1)/2]) {
		list[i] = list[(i-1)/2]
		i = (i - 1) / 2
	}
	list[i] = e
	*h = list
}

func (h *events) pop() event {
	list := *h
	first, last := list[0], list[len(list)-1]
	list = list[:len(list)-1]
	*h = list
	for i := 0; len(list) > 0; {
		child := 2*i + 1
		if child+1 < len(list) && list[child+1].before(list[child]) {
			child++
		}
		if child >= len(list) || !list[child].before(last) {
			list[i] = last
			break
		}
		list[i] = list[child]
		i = child
	}
	return first
}
