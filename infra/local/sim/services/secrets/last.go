package secrets

import (
	"os"
	"sync"
)

// LastUsable returns a reader of a file that people edit by hand. If usable rejects the file's
// content, or if the file is gone, the reader returns the last usable content, like a service that
// keeps versions. It calls refused when the content becomes unusable, and not again before it was
// usable in between. Until there was a usable content, it returns the present content unchecked.
func LastUsable(file string, usable func([]byte) error, refused func(error)) func() ([]byte, error) {
	var mu sync.Mutex
	var last []byte
	told := false
	return func() ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		content, err := os.ReadFile(file)
		if err == nil {
			err = usable(content)
		}
		if err == nil {
			last, told = content, false
			return content, nil
		}
		if !told {
			told = true
			refused(err)
		}
		if last == nil {
			return os.ReadFile(file)
		}
		return last, nil
	}
}
