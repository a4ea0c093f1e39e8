package model

// The parts of Skip, which a test compares one by one with the calls of the functions.
var (
	HandedOff = handedOff
	Retried   = retried
	Skipped   = skipped
)
