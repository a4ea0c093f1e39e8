package lambda

// Succeeded exports succeeded, so that tests need no queue.
var Succeeded = succeeded

// IdleEnded returns a channel that is closed when the next idle environment has ended.
func IdleEnded(f *Function) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.idle[len(f.idle)-1].ended
}
