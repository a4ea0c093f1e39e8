package lambda

// Succeeded exports succeeded for the tests, which then need no queue.
var Succeeded = succeeded

// IdleEnded returns a channel about the environment that would run the next invocation. The channel
// is closed when the process of this environment has ended.
func IdleEnded(f *Function) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.idle[len(f.idle)-1].ended
}
