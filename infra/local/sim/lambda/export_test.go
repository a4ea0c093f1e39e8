package lambda

// Succeeded exports succeeded for the tests, which then need no queue.
var Succeeded = succeeded

// IdleEnded returns a channel that is closed when the process of the environment that is used next
// has ended.
func IdleEnded(f *Function) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.idle[len(f.idle)-1].ended
}
