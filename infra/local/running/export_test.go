package running

// RemoveLeft exports removeLeft for the tests.
var RemoveLeft = removeLeft

// NewTemporary makes a temporary folder and returns its path. The function remove ends the folder
// like a program that ends normally, and kill like a program that is killed.
func NewTemporary(parent string) (path string, remove, kill func() error, err error) {
	t, err := newTemporary(parent)
	return t.path, t.remove, func() error { return t.held.Close() }, err
}

// RemoveNothing calls the method remove of a zero temporary value: the system has no temporary
// folder.
func RemoveNothing() error { return temporary{}.remove() }
