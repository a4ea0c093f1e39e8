package child

// Watch exports the watchdog, so that tests can use it also on Linux, where the kernel makes it
// unnecessary.
var Watch = watch
