// Package lazy compiles regular expressions at their first use, so that a function's start does
// not compile expressions that its first request does not need.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that returns the compiled expression. The first use panics if the
// expression does not compile. The function is safe for concurrent use.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
