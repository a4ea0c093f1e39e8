package running

// RemoveLeft exports removeLeft.
var RemoveLeft = removeLeft

// NewTemporary returns a temporary folder. remove ends it like a program that ends normally, and
// kill like a program that is killed.
func NewTemporary(parent string) (path string, remove, kill func() error, err error) {
	t, err := newTemporary(parent)
	return t.path, t.remove, func() error { return t.held.Close() }, err
}

// RemoveNothing calls remove of a system without a temporary folder.
func RemoveNothing() error { return temporary{}.remove() }
