package model

// The parts of Skip.
var (
	HandedOff = handedOff
	Retried   = retried
	Skipped   = skipped
)
