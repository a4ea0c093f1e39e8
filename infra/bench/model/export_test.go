package model

// HandedOff and Retried are parts of Skip.
var (
	HandedOff = handedOff
	Retried   = retried
)
