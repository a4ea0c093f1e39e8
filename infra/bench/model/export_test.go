package model

// The parts of Skip that a test compares one by one.
var (
	HandedOff = handedOff
	Retried   = retried
	Skipped   = skipped
)
