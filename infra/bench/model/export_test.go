package model

// The calls of the steps of a request. A test compares them one by one with the calls of the real
// functions.
var (
	HandedOff = handedOff
	Retried   = retried
	Skipped   = skipped
	Resulted  = resulted
	Times     = times
)
