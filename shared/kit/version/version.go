// Package version names the version of masterhand that a program was built from.
package version

// Number is the newest heading of CHANGELOG.md. It is not a commit: a function that a
// commit leaves untouched must be built to the same bytes, so that it is not deployed again.
const Number = "0.9.0"
