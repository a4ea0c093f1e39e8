package running

// RemoveLeft is removeLeft.
var RemoveLeft = removeLeft

// NewTemporary returns a temporary folder, with its end as the program brings it about, and
// with the end that a killed program has.
func NewTemporary(parent string) (path string, remove, kill func() error, err error) {
	t, err := newTemporary(parent)
	return t.path, t.remove, func() error { return t.held.Close() }, err
}

// RemoveNothing removes the folder of a system without a temporary one.
func RemoveNothing() error { return temporary{}.remove() }
