package lambda

// Succeeded lets responses be tried without a queue.
var Succeeded = succeeded

// IdleEnded returns a channel that is closed once the idle environment that would
// be used next has ended.
func IdleEnded(f *Function) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.idle[len(f.idle)-1].ended
}
