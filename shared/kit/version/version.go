// Package version names the version of masterhand that a program was built from.
package version

// Number is the newest heading of CHANGELOG.md. It is not a commit, because a commit that does
// not change a function must not change the function's bytes: otherwise the function would be
// deployed again.
const Number = "0.9.0"
