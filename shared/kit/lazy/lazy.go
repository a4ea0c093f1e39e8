// Package lazy compiles regular expressions at their first use. So a function's start does not
// compile expressions that its first request does not need.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that returns the compiled expression. The function panics at its
// first call if the expression does not compile. It is safe for concurrent use.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
