package secrets

import (
	"os"
	"sync"
)

// LastUsable returns a reader of a file that people edit by hand. If the file cannot be read, or
// the function usable rejects its content, the reader returns the last usable content. If there was
// none, it returns the present content unchecked. The reader calls the function refused at the
// first such error, and then not again until it has read a usable content.
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
