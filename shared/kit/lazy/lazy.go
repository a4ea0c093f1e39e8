// Package lazy compiles regular expressions at their first use, so that the start of a
// function does not pay for those that its first request does not need.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that returns the compiled expression. It panics at the first
// use of an expression that does not compile. It is safe for concurrent use.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
