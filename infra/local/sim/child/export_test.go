package child

// Watch exports the function watch, which starts a watchdog. With it, tests can use the watchdog
// even on Linux, where the package itself does not need one.
var Watch = watch
