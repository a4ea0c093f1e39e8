package running

// RemoveLeft exports removeLeft for the tests.
var RemoveLeft = removeLeft

// NewTemporary makes a temporary folder and returns its path. The function remove deletes the
// folder, as a program does at its end. The function kill leaves the folder, as a killed program
// does.
func NewTemporary(parent string) (path string, remove, kill func() error, err error) {
	t, err := newTemporary(parent)
	return t.path, t.remove, func() error { return t.held.Close() }, err
}

// RemoveNothing calls the method remove of the zero value of temporary. A system without a
// temporary folder has this zero value.
func RemoveNothing() error { return temporary{}.remove() }
